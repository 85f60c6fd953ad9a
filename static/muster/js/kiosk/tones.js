// The tones of the door: in rises, out falls, failure is low; one tap mutes them, and they stay muted.

const TUNES = {
  in: [[523, 0], [784, 0.11]],
  out: [[784, 0], [523, 0.11]],
  already: [[659, 0]],
  failure: [[196, 0], [165, 0.16]],
};
const KEY = "muster-mute";

export class Tones {
  constructor(button) {
    this.button = button;
    this.muted = localStorage.getItem(KEY) === "yes";
    this.#show();
    button.addEventListener("click", () => {
      this.muted = !this.muted;
      localStorage.setItem(KEY, this.muted ? "yes" : "no");
      this.#show();
      if (!this.muted) this.play("already");
    });
    // browsers give sound to a page that somebody has touched
    window.addEventListener("pointerdown", () => this.context?.resume(), { passive: true });
  }

  play(name) {
    if (this.muted || !window.AudioContext) return;
    this.context ??= new AudioContext();
    this.context.resume().catch(() => {});
    if (this.context.state === "suspended") return;
    for (const [pitch, after] of TUNES[name]) this.#note(pitch, this.context.currentTime + after);
  }

  #note(pitch, at) {
    const tone = this.context.createOscillator();
    const loudness = this.context.createGain();
    tone.type = "sine";
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.18, at + 0.015);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.22);
    tone.connect(loudness).connect(this.context.destination);
    tone.start(at);
    tone.stop(at + 0.25);
  }

  #show() {
    this.button.setAttribute("aria-pressed", String(this.muted));
  }
}
