// The screen of the door, one state at a time: idle, face, working, result, trouble; words come from the server.

const CARD_MS = { in: 1500, out: 1500, already: 2500, failure: 6000, waiting: 3000 };
const HINT_MS = 700; // a hint stays at least this long, so that it can be read
const SPEAK_HINT_MS = 1500; // and is spoken only when it holds

export class Screen {
  constructor(words) {
    this.words = words;
    this.sheet = document.getElementById("icons").dataset.sheet;
    this.parts = Object.fromEntries([...document.querySelectorAll("[id]")].map((part) => [part.id, part]));
    this.hintAt = 0;
    this.hint("idle");
  }

  // Say which state the whole page is in; the style sheet does the rest.
  state(name) {
    document.body.dataset.state = name;
  }

  icon(use, name) {
    use.setAttribute("href", `${this.sheet}#${name}`);
  }

  // Show the time of the site, whatever zone the tablet is in.
  clock(zone, skew) {
    const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
    const tick = () => { this.parts.clock.textContent = format.format(Date.now() + skew()); };
    tick();
    setInterval(tick, 1000);
  }

  idle(hint = null) {
    this.box(null);
    this.ring(0);
    this.hint(this.parts.line.hidden ? (hint ?? "idle") : "offline");
    this.state("idle");
  }

  // Nobody is to be asked, whatever else is shown.
  unmark() {
    if (document.body.dataset.state === "face") this.idle();
  }

  face({ box, hint, progress, size }) {
    this.box(box, size);
    this.ring(progress);
    this.hint(hint ?? "good");
    this.state("face");
  }

  working() {
    this.hint("working");
    this.state("working");
  }

  hint(name) {
    const text = this.words.hints[name] ?? this.words.hints.good;
    const now = performance.now();
    const rests = !["idle", "working", "offline"].includes(name);
    if (text === this.hintText || (rests && now - this.hintAt < HINT_MS)) return;
    this.hintText = text;
    this.hintAt = now;
    this.parts["hint-text"].textContent = text;
    this.parts.hint.dataset.hint = name;
    clearTimeout(this.speakHint);
    if (!["idle", "good", "working", "offline"].includes(name)) this.speakHint = setTimeout(() => this.speak(text), SPEAK_HINT_MS);
  }

  ring(progress) {
    this.parts["ring-fill"].style.strokeDashoffset = String(100 - 100 * Math.min(1, Math.max(0, progress)));
  }

  // Mark the face where the picture is painted: the video covers its stage, so a part of it may lie outside.
  box(box, [wide, high] = [1, 1]) {
    this.parts["face-mark"].toggleAttribute("hidden", !box);
    if (!box) return;
    const { clientWidth, clientHeight } = this.parts.overlay.parentElement;
    const scale = Math.max(clientWidth / wide, clientHeight / high);
    const [left, top] = [(clientWidth - wide * scale) / 2, (clientHeight - high * scale) / 2];
    const [x, y] = [left + box[0] * wide * scale, top + box[1] * high * scale];
    const [w, h] = [box[2] * wide * scale, box[3] * high * scale];
    this.parts.overlay.setAttribute("viewBox", `0 0 ${clientWidth} ${clientHeight}`);
    place(this.parts["face-box"], { x, y, width: w, height: h, rx: Math.min(w, h) / 8 });
    const circle = { cx: x + w / 2, cy: y + h / 2, r: Math.hypot(w, h) / 2 + 8 };
    place(this.parts["ring-ground"], circle);
    place(this.parts["ring-fill"], circle);
  }

  trouble(state) {
    const [title, text] = this.words.camera[state] ?? this.words.camera.failed;
    this.parts.trouble.hidden = false;
    this.parts.trouble.dataset.camera = state;
    this.parts["trouble-title"].textContent = title;
    this.parts["trouble-text"].textContent = text;
    this.parts.retry.hidden = state === "insecure" || state === "starting";
    this.box(null);
    this.state("trouble");
    if (state !== "starting") this.speak(`${title}. ${text}`);
  }

  untroubled() {
    this.parts.trouble.hidden = true;
    this.idle();
  }

  // Fill the card: kind is in, out, already, failure or waiting; `stays`: milliseconds, for a card that asks something.
  card({ kind, name = "", word = "", text = "", question = "", actions = [], stays = CARD_MS[kind] }) {
    const { result } = this.parts;
    result.dataset.kind = kind;
    this.icon(this.parts["result-icon"], { in: "in", out: "out", already: "check", waiting: "clock" }[kind] ?? "question");
    this.parts["result-name"].textContent = name;
    this.parts["result-word"].textContent = word;
    this.parts["result-text"].textContent = text;
    this.parts["result-question"].textContent = question;
    this.parts["result-actions"].replaceChildren(...actions.map(button));
    result.hidden = false;
    this.box(null);
    this.state("result");
    this.speak([name, word, text, question].filter(Boolean).join(", "));
    clearTimeout(this.cardEnds);
    this.cardEnds = setTimeout(() => this.uncard(), stays);
  }

  // Whether the card waits for an answer.
  get asking() {
    return !this.parts.result.hidden && Boolean(this.parts["result-question"].textContent);
  }

  // Let whoever came by keyboard answer by keyboard.
  focusQuestion() {
    if (this.asking) this.parts["result-actions"].querySelector("button")?.focus({ preventScroll: true });
  }

  uncard() {
    clearTimeout(this.cardEnds);
    this.parts.result.hidden = true;
    if (document.body.dataset.state !== "result") return;
    if (this.parts.trouble.hidden) this.idle();
    else this.state("trouble");
  }

  // Keep the result as a row with its buttons while it can be taken back; two rows at most.
  strip({ kind, name, text, seconds, actions = [] }) {
    const row = this.parts.strip.content.firstElementChild.cloneNode(true);
    row.dataset.kind = kind;
    this.icon(row.querySelector("use"), { in: "in", out: "out" }[kind] ?? "check");
    row.querySelector("b").textContent = name;
    row.querySelector(".strip-text span").textContent = text;
    row.querySelector(".strip-actions").replaceChildren(...actions.map(button));
    row.querySelector(".strip-time").style.animationDuration = `${seconds}s`;
    this.parts.strips.prepend(row);
    while (this.parts.strips.children.length > 2) this.parts.strips.lastElementChild.remove();
    setTimeout(() => row.remove(), seconds * 1000);
    return row;
  }

  line({ up, waiting }) {
    this.parts.line.hidden = up && !waiting;
    const count = waiting === 1 ? "1 check-in waits" : `${waiting} check-ins wait`;
    const text = up ? "Back online, sending what waited." : "No connection to the server. Trying again by itself.";
    this.parts["line-text"].textContent = waiting ? `${text} ${count}.` : text;
  }

  // Announce to a screen reader; the same words twice are announced twice.
  speak(text) {
    this.parts.spoken.textContent = "";
    setTimeout(() => { this.parts.spoken.textContent = text; }, 50);
  }
}

function place(shape, attributes) {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
}

function button({ label, act }) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button-door";
  made.textContent = label;
  made.addEventListener("click", () => { made.disabled = true; act(made); });
  return made;
}
