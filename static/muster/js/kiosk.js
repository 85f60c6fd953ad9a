// The flow of a door, from one person to the next.
//
// idle -> a face is seen -> the best frames are sent -> the answer is shown -> the camera looks for the next person at
// once, while the last answer stays as a row that can be taken back. One person's error never stops the next.

import { Camera } from "./camera.js";
import { Line, Unreachable } from "./kiosk/line.js";
import { Looking, overlap } from "./kiosk/looking.js";
import { Panel } from "./kiosk/panel.js";
import { Screen } from "./kiosk/screen.js";
import { Tones } from "./kiosk/tones.js";
import { stayAwake } from "./kiosk/wake.js";

const GOOD_LOOKS = 3; // looks without a hint before the first try
const SECOND_TRY_MS = 2000; // of good frames before the door says that it does not know somebody
const FRAMES_FIRST = 2; // sent at once, for whoever stands well
const FRAMES_AGAIN = 4; // and as many better ones before anybody hears "not known"
const HINDERED_MS = 2500; // to turn away from a window, or take the glasses off, before the second try
const SAME_PLACE = 0.3; // overlap of two boxes that still is the same person
const SETTLED_MS = 5000; // the person just answered is not asked again; doubles while the same face stays
const LONGEST_MS = 300000;
const MARGIN_MS = 3000; // the server's clock starts a little before ours
const AWAY_MS = 3000; // a face that comes back within this, in its place, never left
const ASKED_MS = 8000; // so long may a question stand before the door is everybody's again
const ANSWERED_MS = 15000; // and so long may somebody think over a time that is being typed
const NO_LINE = "No connection. Try again in a moment.";

const settings = JSON.parse(document.getElementById("page-settings").textContent);
const screen = new Screen(settings);
const line = new Line(settings.addresses);
const camera = new Camera(document.getElementById("video"));
const looking = new Looking(camera, line);
const tones = new Tones(document.getElementById("mute"));
const pause = {
  opened: () => { looking.paused = true; },
  closed: () => { looking.paused = false; leave(); screen.focusQuestion(); },
};
const pinPanel = new Panel(document.getElementById("pin-form"), pause);
const doubtPanel = new Panel(document.getElementById("doubt-form"), pause);
const leftPanel = new Panel(document.getElementById("left-form"), { ...pause, quiet: ANSWERED_MS });
const answered = new Set(); // questions that were answered or put off: whoever lingers is not asked again

let person = null; // who stands before the camera: where, how many good looks, how many tries

function leave(hint = null) {
  person = null;
  looking.engaged = false;
  looking.forget();
  if (!["result", "trouble"].includes(document.body.dataset.state)) screen.idle(hint);
}

// Do not ask about this face again for a while; longer every time, so that a picture on the wall falls silent.
function settle({ again = false, wait = SETTLED_MS } = {}) {
  looking.engaged = false;
  looking.forget();
  if (!person) return;
  const settled = person;
  settled.wait = Math.min(Math.max(wait, 2 * (settled.wait ?? 0)), LONGEST_MS);
  settled.until = performance.now() + settled.wait;
  Object.assign(settled, { good: 0, since: null, tries: 0, hint: null, notBefore: 0 });
  if (again) setTimeout(() => { if (person === settled) looking.engaged = true; }, settled.wait);
}

// Ask about somebody who was just recorded only as long as the answer would be "already": whoever stays before the
// camera beyond that, a porter perhaps, must not be sent out by it. A face that has left is a new one.
function settleRecorded(said) {
  settle({ wait: screen.asking ? ASKED_MS : SETTLED_MS });
  if (!person) return;
  if (said.answer === "recorded") person.recordedAt = performance.now();
  const end = (person.recordedAt ?? -Infinity) + 1000 * settings.debounce_seconds - MARGIN_MS;
  if (person.until > end) person.until = Infinity;
}

// Somebody who looks away for a moment comes back as the same person, if that is in the same place.
function isSame(face) {
  const back = person.lostAt === null || performance.now() - person.lostAt < AWAY_MS;
  return back && overlap(person.box, face.box) >= SAME_PLACE;
}

looking.addEventListener("look", ({ detail: { face, good, hint } }) => {
  const now = performance.now();
  if (!face) {
    if (!person || person.until < now) return leave(hint); // the hint: too dark to see anybody
    person.lostAt ??= now;
    return screen.unmark();
  }
  if (person && !isSame(face)) leave();
  person ??= { good: 0, since: null, tries: 0, until: 0 };
  Object.assign(person, { box: face.box, lostAt: null });
  if (now < person.until || document.body.dataset.state === "trouble") return undefined;
  looking.engaged = true;
  person.good = good ? person.good + 1 : Math.max(0, person.good - 1);
  if (good) person.since ??= now;
  if (screen.asking && person.good < 2) return undefined; // somebody who leans forward to answer is not the next one
  screen.parts.result.hidden = true;
  screen.face({ box: face.box, hint: hint ?? person.hint, progress: person.good / GOOD_LOOKS, size: camera.size });
  const due = person.tries === 0 ? person.good >= GOOD_LOOKS : good && isReadyAgain(person, now);
  if (due) return recognize();
  return undefined;
});

// Whoever was not known at once is asked about once more, by the best four frames: after 2 seconds of good ones, and
// with time to follow a hint.
function isReadyAgain({ since, notBefore = 0 }, now) {
  return now - since >= SECOND_TRY_MS && now >= notBefore && looking.best.length >= FRAMES_AGAIN;
}

// What the server would have them change stays in sight until the second try; frames of before do not count then.
function hinder(hint) {
  if (!hint || person?.tries !== 1) return; // somebody else may have come meanwhile
  Object.assign(person, { hint, notBefore: performance.now() + HINDERED_MS });
  looking.forget();
}

async function recognize() {
  const form = new FormData();
  const frames = looking.frames(person.tries === 0 ? FRAMES_FIRST : FRAMES_AGAIN);
  for (const frame of frames) form.append("frame", frame, "frame.jpg");
  const tries = person.tries += 1; // the person may have left before the answer comes
  looking.paused = true;
  screen.working();
  try {
    answer(await line.post("check_in", form), { frames, last: tries > 1 });
  } catch (error) {
    if (!(error instanceof Unreachable)) {
      screen.idle();
      throw error;
    }
    const kept = line.keep("check_in", form);
    screen.card({
      kind: "waiting", name: kept ? "Kept for now" : "Not recorded",
      text: kept ? "No connection. It will be sent when the line is back." : "No connection, and too many wait already.",
    });
    settle();
  } finally {
    looking.paused = Boolean(document.body.dataset.panel);
  }
}

// Show what the server said. `last`: nothing more will be tried for this person by itself.
function answer(said, { frames = [], last = true } = {}) {
  if (said === null) return settle({ wait: 500, again: true });
  if (said.answer === "recorded" || said.answer === "already") {
    // somebody who stays in front of the door does not hear the same answer again
    if (said.answer === "recorded" || person?.news !== news(said)) recorded(said);
    else screen.idle();
    if (person) person.news = news(said);
    return settleRecorded(said);
  }
  if (said.answer === "ambiguous" && frames.length && !document.body.dataset.panel) return doubt(said, frames);
  if (!last && said.answer !== "fault") return hinder(said.hint);
  if (document.body.dataset.panel) return settle(); // somebody is typing already: that is what it would offer
  tones.play("failure");
  screen.card({
    kind: "failure", name: said.answer === "unknown" ? "I don’t know you yet" : "Not recorded", text: said.message ?? "",
    actions: [
      ...(said.asks_for_guest && frames.length ? [{ label: "I am a guest here", act: () => doubt(said, frames) }] : []),
      { label: "Use number and PIN", act: openPin }, { label: "Try again", act: retry },
    ],
  });
  return settle({ again: true });
}

function recorded(said) {
  const already = said.answer === "already";
  const way = said.direction.toUpperCase();
  const kind = already ? "already" : said.direction;
  const today = said.hours_today === "0:00" ? "" : `${said.hours_today} hours today`;
  tones.play(kind);
  screen.card({
    kind, name: said.name, word: already ? "Already recorded" : way,
    text: already ? `${way} at ${said.time}` : [said.time, today].filter(Boolean).join(" · "),
    ...question(said),
  });
  if (already) return;
  const other = said.direction === "in" ? "OUT" : "IN";
  const row = screen.strip({
    kind, name: said.name, text: [`${way} ${said.time}`, today].filter(Boolean).join(" · "), seconds: said.undo_seconds,
    actions: [
      { label: "Not me", act: () => takeBack(said, "not_me", row) },
      { label: `I meant ${other}`, act: () => takeBack(said, "other_direction", row) },
    ],
  });
}

// What the card asks beside the answer: a forgotten out, with the times to choose from. No answer is fine.
function question(said) {
  const { question: asked } = said;
  if (!asked || answered.has(news(said)) || document.body.dataset.panel === "left-form") return {};
  return {
    question: asked.text,
    stays: ASKED_MS,
    actions: [
      ...asked.times.map((time) => ({ label: time, act: () => left(said, time) })),
      { label: asked.times.length ? "Another time" : "Choose the time", act: () => openLeft(said) },
      { label: "Ask me later", act: () => { answered.add(news(said)); screen.uncard(); } },
    ],
  };
}

// Send when somebody left; return what is wrong with it, or nothing.
async function sendLeft(said, time) {
  const form = new FormData();
  form.append("token", said.question.token);
  form.append("left", time);
  let reply;
  try {
    reply = await line.post("left", form, { patience: 5000 });
  } catch {
    return NO_LINE;
  }
  if (reply?.answer !== "asked") return reply?.message ?? NO_LINE;
  answered.add(news(said));
  screen.card({ kind: "already", name: said.name, text: reply.message });
  return "";
}

async function left(said, time) {
  const wrong = await sendLeft(said, time);
  if (wrong) {
    screen.card({
      kind: "failure", name: "Not noted", text: wrong, actions: [{ label: "Another time", act: () => openLeft(said) }],
    });
  }
}

function openLeft(said) {
  screen.uncard();
  document.getElementById("left-question").textContent = said.question.text;
  leftPanel.open((data) => sendLeft(said, data.get("left")));
}

// Each answer is shown once.
function news(said) {
  return `${said.name} ${said.time}`;
}

async function takeBack(said, kind, row) {
  for (const button of row.querySelectorAll("button")) button.disabled = true;
  const form = new FormData();
  form.append("undo", said.undo);
  form.append("kind", kind);
  let reply;
  try {
    reply = await line.post("undo", form, { patience: 5000 });
  } catch {
    reply = { message: NO_LINE };
  }
  row.querySelector(".strip-actions").replaceChildren();
  if (reply.answer === "replaced") {
    const way = reply.direction.toUpperCase();
    row.querySelector(".strip-text span").textContent = `${way} ${reply.time} instead`;
    row.dataset.kind = reply.direction;
    screen.icon(row.querySelector("use"), reply.direction);
    screen.speak(`Changed to ${way}`);
    tones.play(reply.direction);
  } else if (reply.answer === "undone") {
    row.remove();
    screen.card({
      kind: "failure", name: "Sorry about that", text: "It is taken back. Your number and PIN always work.",
      actions: [{ label: "Use number and PIN", act: openPin }], stays: ASKED_MS,
    });
    settle({ wait: 15000 });
  } else {
    row.querySelector(".strip-text span").textContent = reply.message ?? NO_LINE;
  }
}

// Ask who it is: of somebody who may be one of two, or of a guest whom the face alone did not find.
function doubt(said, frames) {
  if (said.asks_for_guest) screen.uncard();
  else tones.play("failure");
  screen.idle();
  settle({ wait: 15000 });
  screen.speak(said.message);
  explainDoubt(said.asks_for_pin ? "pin" : said.asks_for_guest ? "guest" : "number");
  doubtPanel.open(async (data) => {
    data.append("ticket", said.ticket);
    for (const frame of frames) data.append("frame", frame, "frame.jpg");
    return typed("number", data);
  });
}

function explainDoubt(asked) {
  for (const text of document.querySelectorAll("[data-doubt]")) text.hidden = text.dataset.doubt !== asked;
  document.getElementById("doubt-pin-field").hidden = asked !== "pin";
}

// Send what was typed; return what is wrong with it, or nothing.
async function typed(name, data) {
  try {
    const said = await line.post(name, data);
    if (said?.code === "pin_needed") explainDoubt("pin"); // a guest with a look-alike: the number alone says too little
    if (said?.answer !== "recorded" && said?.answer !== "already") {
      tones.play("failure");
      return said?.message ?? NO_LINE;
    }
    recorded(said);
    return "";
  } catch {
    return NO_LINE;
  }
}

function openPin() {
  screen.uncard();
  pinPanel.open((data) => typed("pin", data));
}

function retry() {
  if (document.body.dataset.panel || document.body.dataset.state === "trouble") return;
  screen.uncard();
  leave();
  looking.engaged = true;
}

camera.addEventListener("state", ({ detail }) => {
  if (detail === "ready") screen.untroubled();
  else screen.trouble(detail);
});
line.addEventListener("change", ({ detail }) => {
  screen.line(detail);
  // nobody is looked at without a line: no frozen box, and a fresh start when it is back
  if (!looking.paused && ["idle", "face"].includes(document.body.dataset.state)) leave();
});
line.addEventListener("late", ({ detail }) => answer(detail));
line.addEventListener("lost", ({ detail }) => screen.card({
  kind: "failure", name: "Not recorded", text: `The connection was away too long for ${detail} check-in${detail > 1 ? "s" : ""}. Check in again, please.`,
}));
window.addEventListener("resize", () => screen.box(null));
document.getElementById("open-pin").addEventListener("click", openPin);
document.getElementById("retry").addEventListener("click", () => camera.start());
document.querySelector(".stage").addEventListener("click", ({ target }) => { if (!target.closest("button, label")) retry(); });
document.getElementById("upload").addEventListener("change", async ({ target }) => {
  const [photo] = target.files;
  target.value = "";
  if (!photo) return;
  const form = new FormData();
  form.append("frame", photo, "upload");
  screen.working();
  try {
    answer(await line.post("check_in", form, { patience: 30000 }), { frames: [photo] });
  } catch {
    screen.card({ kind: "failure", name: "Not recorded", text: NO_LINE });
  }
});

screen.clock(settings.zone, () => line.skew);
screen.trouble("starting");
stayAwake();
camera.start();
looking.run();
