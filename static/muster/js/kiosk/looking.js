// The search for a person in front of the door, and the choice of frames good enough to recognize.
//
// A small frame goes to the server one at a time, and only when the picture moves or somebody is being looked at; the
// answer is a box, five points and one hint. Of the frames that need no hint the best few are kept at full size.

import { jpeg } from "../camera.js";

const SMALL_PIXELS = 320; // longest side of what is looked at
const FULL_PIXELS = 960; // longest side of what is recognized
const BETWEEN_MS = 130; // from one look to the next
const BUSY_MS = 400; // after the server had no time
const MOVED = 3.5; // mean change of brightness, of 255, that counts as movement,
const MOVED_SHARE = 0.1; // and in a dark place, where everything changes by less, this share of the brightness,
const LEAST_MOVED = 0.8; // but no less than this
const KEPT = 4;
const GONE_AFTER = 2; // looks without a face in a row

export class Looking extends EventTarget {
  constructor(camera, line) {
    super();
    this.camera = camera;
    this.line = line;
    this.small = document.createElement("canvas");
    this.full = document.createElement("canvas");
    this.thumb = document.createElement("canvas");
    this.unanswered = false; // the server had no time for the last look
    this.engaged = false; // somebody is being looked at: look on although nothing moves
    this.paused = false;
    this.forget();
  }

  // Run for ever; a failed round is followed by the next one.
  async run() {
    for (;;) {
      let wait = BETWEEN_MS;
      try {
        if (this.camera.ready && !this.paused && !document.hidden && this.line.up) wait = await this.#round();
      } catch { wait = BUSY_MS; }
      await new Promise((resume) => { setTimeout(resume, wait); });
    }
  }

  // Start on a new person.
  forget() {
    this.best = [];
    this.misses = 0;
  }

  // The best frames of this person, best first.
  frames(most) {
    return this.best.slice(0, most).map((kept) => kept.blob);
  }

  async #round() {
    if (!this.#moved() && !this.engaged && !this.unanswered) return BETWEEN_MS;
    this.camera.draw(this.small, SMALL_PIXELS);
    this.camera.draw(this.full, FULL_PIXELS);
    const seen = await this.line.post("look", await jpeg(this.small, 0.75), { patience: 3000, type: "image/jpeg" });
    this.unanswered = seen === null; // the server had no time for what moved: ask again
    if (this.unanswered || !seen.faces) return BUSY_MS;
    if (this.paused) return BETWEEN_MS;
    const face = largest(seen.faces);
    this.misses = face ? 0 : this.misses + 1;
    const good = Boolean(face) && seen.hint === null;
    if (good) await this.#keep(face);
    if (face || this.misses >= GONE_AFTER || (seen.hint && !this.engaged)) {
      this.dispatchEvent(new CustomEvent("look", { detail: { face, good, hint: seen.hint } }));
    }
    return BETWEEN_MS;
  }

  async #keep(face) {
    const score = worth(this.small, face);
    const worst = this.best[KEPT - 1]?.score ?? -1;
    if (score <= worst) return;
    this.best.push({ score, blob: await jpeg(this.full, 0.92) });
    this.best.sort((one, other) => other.score - one.score);
    this.best.length = Math.min(this.best.length, KEPT);
  }

  // Compare with the last frame that was looked at, 32 by 24 pixels of brightness.
  #moved() {
    const context = this.thumb.getContext("2d", { willReadFrequently: true });
    [this.thumb.width, this.thumb.height] = [32, 24];
    context.imageSmoothingQuality = "medium"; // the mean of many pixels: a noisy camera does not count as movement
    context.drawImage(this.camera.video, 0, 0, 32, 24);
    const now = gray(context.getImageData(0, 0, 32, 24).data);
    const change = this.before ? mean(now.map((light, i) => Math.abs(light - this.before[i]))) : 255;
    const enough = Math.min(MOVED, Math.max(LEAST_MOVED, MOVED_SHARE * mean(now)));
    if (change > enough || this.engaged) this.before = now;
    return change > enough;
  }
}

// The share of two boxes that both cover: near 1 for somebody who stands still.
export function overlap(one, other) {
  if (!one || !other) return 0;
  const wide = Math.min(one[0] + one[2], other[0] + other[2]) - Math.max(one[0], other[0]);
  const high = Math.min(one[1] + one[3], other[1] + other[3]) - Math.max(one[1], other[1]);
  if (wide <= 0 || high <= 0) return 0;
  return (wide * high) / (one[2] * one[3] + other[2] * other[3] - wide * high);
}

function largest(faces) {
  return faces.reduce((best, face) => (!best || face.box[2] * face.box[3] > best.box[2] * best.box[3] ? face : best), null);
}

// Sharp, frontal, large: a product, so that one bad property is not made good by another.
function worth(canvas, face) {
  const [left, top, wide, high] = face.box;
  return sharpness(canvas, face.box) * frontal(face.points) * Math.sqrt(Math.max(wide * high, 0)) * (left >= 0 && top >= 0 ? 1 : 0.7);
}

// 1 where the nose stands midway between the eyes, towards 0 at a profile.
function frontal([right, left, nose]) {
  const eyes = Math.hypot(left[0] - right[0], left[1] - right[1]) || 1;
  const aside = Math.abs(nose[0] - (left[0] + right[0]) / 2) / eyes;
  return Math.max(0.05, 1 - 2 * aside);
}

// Mean strength of the second derivative of brightness inside the face.
function sharpness(canvas, [left, top, wide, high]) {
  const x = Math.max(0, Math.floor(left * canvas.width));
  const y = Math.max(0, Math.floor(top * canvas.height));
  const w = Math.min(canvas.width - x, Math.ceil(wide * canvas.width));
  const h = Math.min(canvas.height - y, Math.ceil(high * canvas.height));
  if (w < 5 || h < 5) return 0;
  const light = gray(canvas.getContext("2d").getImageData(x, y, w, h).data);
  let sum = 0;
  for (let row = 1; row < h - 1; row += 1) {
    for (let column = 1; column < w - 1; column += 1) {
      const at = row * w + column;
      sum += Math.abs(4 * light[at] - light[at - 1] - light[at + 1] - light[at - w] - light[at + w]);
    }
  }
  return sum / ((w - 2) * (h - 2));
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function gray(data) {
  const light = new Float32Array(data.length / 4);
  for (let i = 0; i < light.length; i += 1) light[i] = (data[4 * i] + 2 * data[4 * i + 1] + data[4 * i + 2]) / 4;
  return light;
}
