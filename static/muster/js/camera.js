// The picture of the camera on a page, and what the page says when there is none.
//
// One Camera a page. It opens, watches, and reopens by itself; its state is one word (see STATES), carried by the event
// "state". Frames are drawn as the camera gives them: only the preview on the screen is mirrored, by CSS.

const WISHES = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24 } };
export const STATES = ["starting", "ready", "insecure", "denied", "missing", "busy", "stalled", "failed"];
const BUSY_WAITS = [500, 1000, 2000, 4000, 10000]; // milliseconds between tries while another program has the camera
const STALLED_MS = 3000; // no new frame for this long: reopen
const RESUME_MS = 1000; // after the page comes back it gets this long to show a new frame
const WARM_MS = 1500; // exposure settles within this, or as soon as the light holds still
const WARM_FRAMES = 5;

export class Camera extends EventTarget {
  constructor(video, { remember = "muster-camera" } = {}) {
    super();
    this.video = video;
    this.remember = remember;
    this.state = "starting";
    this.stream = null;
    this.opening = null;
    this.wanted = false;
    this.tries = 0;
    this.freshAt = 0;
    this.mediaTime = -1;
  }

  // Start and keep running until stop(); calling it again while it opens is the same call.
  async start() {
    this.wanted = true;
    this.#listen();
    this.opening ??= this.#open().finally(() => { this.opening = null; });
    await this.opening;
  }

  stop() {
    this.wanted = false;
    clearTimeout(this.again);
    this.#release();
  }

  get ready() { return this.state === "ready"; }

  // Width and height of the picture as it is painted now: what the settings say may be turned or old.
  get size() { return [this.video.videoWidth, this.video.videoHeight]; }

  // Draw the present frame, unmirrored, no side longer than `longest` pixels.
  draw(canvas, longest) {
    const [wide, high] = this.size;
    const scale = Math.min(1, longest / Math.max(wide, high, 1));
    canvas.width = Math.max(1, Math.round(wide * scale));
    canvas.height = Math.max(1, Math.round(high * scale));
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(this.video, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  #say(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  async #open() {
    clearTimeout(this.again);
    this.#release();
    if (!navigator.mediaDevices?.getUserMedia) return this.#say("insecure");
    if (this.state !== "stalled" && this.state !== "busy") this.#say("starting");
    try {
      this.stream = await this.#ask();
      this.video.srcObject = this.stream;
      await this.video.play().catch(() => {});
      for (const track of this.stream.getVideoTracks()) track.addEventListener("ended", () => this.#retry(0));
      this.#remember();
      this.#watch();
      await this.#warm();
      this.tries = 0;
      if (this.stream) this.#say("ready");
    } catch (error) {
      this.#failed(error);
    }
  }

  async #ask() {
    const known = localStorage.getItem(this.remember);
    const wishes = known ? { ...WISHES, deviceId: { ideal: known } } : WISHES;
    try {
      return await navigator.mediaDevices.getUserMedia({ video: wishes, audio: false });
    } catch (error) {
      if (error.name !== "OverconstrainedError" && error.name !== "NotFoundError") throw error;
      return navigator.mediaDevices.getUserMedia({ video: true, audio: false });
    }
  }

  #remember() {
    const id = this.stream.getVideoTracks()[0]?.getSettings().deviceId;
    if (id) localStorage.setItem(this.remember, id);
  }

  #failed(error) {
    this.#release();
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return this.#say("denied");
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError") {
      this.#say("missing");
      return this.#retry(10000);
    }
    this.#say(error.name === "NotReadableError" || error.name === "AbortError" ? "busy" : "failed");
    this.#retry(BUSY_WAITS[Math.min(this.tries++, BUSY_WAITS.length - 1)]);
  }

  #retry(wait) {
    clearTimeout(this.again);
    if (this.wanted) this.again = setTimeout(() => this.start(), wait);
  }

  #release() {
    clearInterval(this.watching);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  // A stream may freeze while every flag says that it runs: only the frames themselves are believed.
  #watch() {
    const stream = this.stream;
    this.freshAt = performance.now();
    const seen = (now, frame) => {
      if (this.stream !== stream) return;
      if (frame.mediaTime !== this.mediaTime) {
        this.mediaTime = frame.mediaTime;
        this.freshAt = performance.now();
      }
      this.video.requestVideoFrameCallback(seen);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(seen);
    clearInterval(this.watching);
    this.watching = setInterval(() => {
      if (!this.video.requestVideoFrameCallback && this.video.currentTime !== this.mediaTime) {
        this.mediaTime = this.video.currentTime;
        this.freshAt = performance.now();
      }
      if (!document.hidden && performance.now() - this.freshAt > STALLED_MS) this.#stalled();
    }, 500);
  }

  #stalled() {
    if (this.opening) return;
    this.#say("stalled");
    this.start();
  }

  // Wait until the light of the picture holds still, so that the first dark frames are never used.
  async #warm() {
    const canvas = document.createElement("canvas");
    const until = performance.now() + WARM_MS;
    let before = -1;
    let still = 0;
    while (performance.now() < until && still < WARM_FRAMES) {
      await new Promise((resume) => { setTimeout(resume, 60); });
      if (!this.size[0]) continue;
      const light = brightness(this.draw(canvas, 32));
      still = before > 0 && Math.abs(light - before) < 0.03 * before ? still + 1 : 0;
      before = light;
    }
  }

  #listen() {
    if (this.listening) return;
    this.listening = true;
    navigator.mediaDevices?.addEventListener?.("devicechange", () => { if (!this.ready) this.#retry(300); });
    navigator.permissions?.query({ name: "camera" }).then((permission) => {
      permission.onchange = () => { if (permission.state !== "denied" && !this.ready) this.#retry(0); };
    }).catch(() => {});
    const resume = () => {
      if (document.hidden || !this.wanted) return;
      const since = performance.now();
      setTimeout(() => { if (this.ready && this.freshAt < since) this.#stalled(); }, RESUME_MS);
    };
    for (const name of ["focus", "pageshow"]) window.addEventListener(name, resume);
    document.addEventListener("visibilitychange", resume);
  }
}

function brightness(canvas) {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += data[i] + 2 * data[i + 1] + data[i + 2];
  return sum / data.length;
}

// Encode a canvas as JPEG.
export function jpeg(canvas, quality = 0.9) {
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", quality); });
}
