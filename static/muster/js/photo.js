// A photo for a form: by file, drop, paste or webcam, with its face outlined before it is sent.

import { sendOnce } from "./once.js";
import * as webcam from "./webcam.js";

const LOOK_PIXELS = 640; // longer side of the small picture in which the server looks for faces
const LOOK_EVERY = 400; // milliseconds between two looks at the live picture

class PhotoField {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input[type=file]");
    for (const name of ["stage", "empty", "shown", "preview", "video", "boxes", "advice", "webcam", "take", "stop", "dropHint"]) {
      const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      this[name] = root.querySelector(`[data-${attribute}]`);
    }
    this.root.classList.add("photo-js");
    this.webcam.hidden = !webcam.isPossible();
    this.dropHint.hidden = false;
    this.listen();
  }

  listen() {
    this.input.addEventListener("change", () => this.show());
    this.webcam.addEventListener("click", () => this.openCamera());
    this.take.addEventListener("click", () => this.takePicture());
    this.stop.addEventListener("click", () => this.closeCamera());
    this.preview.addEventListener("load", () => this.look(this.preview, this.preview.naturalWidth, this.preview.naturalHeight));
    this.preview.addEventListener("error", () => this.say("This browser cannot show the file, but it can be sent.", "plain"));
    for (const kind of ["dragover", "dragleave", "drop"]) {
      this.root.addEventListener(kind, (event) => this.drag(event, kind));
    }
    document.addEventListener("paste", (event) => this.accept(event.clipboardData?.files));
    window.addEventListener("pagehide", () => webcam.close(this.video));
  }

  drag(event, kind) {
    event.preventDefault();
    this.root.classList.toggle("photo-over", kind === "dragover");
    if (kind === "drop") {
      this.accept(event.dataTransfer?.files);
    }
  }

  accept(files) {
    if (!files?.length) {
      return;
    }
    const chosen = new DataTransfer();
    chosen.items.add(files[0]);
    this.input.files = chosen.files;
    this.show();
  }

  show() {
    this.closeCamera();
    const file = this.input.files[0];
    this.outline([]);
    this.say("");
    this.empty.hidden = Boolean(file);
    this.shown.hidden = !file;
    URL.revokeObjectURL(this.preview.src);
    if (file) {
      this.preview.src = URL.createObjectURL(file);
    }
  }

  async openCamera() {
    try {
      await webcam.open(this.video);
    } catch (error) {
      this.say(error.message, "bad");
      return;
    }
    this.setLive(true);
    this.lookAgain();
  }

  closeCamera() {
    webcam.close(this.video);
    this.setLive(false);
  }

  setLive(live) {
    clearTimeout(this.timer);
    this.isLive = live;
    this.video.hidden = this.take.hidden = this.stop.hidden = !live;
    this.preview.hidden = this.webcam.hidden = live;
    this.root.classList.toggle("photo-live", live);
    const file = this.input.files.length > 0;
    this.empty.hidden = live || file;
    this.shown.hidden = !(live || file);
    this.outline([]);
  }

  async takePicture() {
    const blob = await webcam.take(this.video);
    this.accept([new File([blob], "webcam.jpg", { type: "image/jpeg" })]);
  }

  async lookAgain() {
    if (!this.isLive) {
      return;
    }
    await this.look(this.video, this.video.videoWidth, this.video.videoHeight);
    this.timer = setTimeout(() => this.lookAgain(), LOOK_EVERY);
  }

  // Only a help: whether a photo will do is decided after it was sent.
  async look(source, width, height) {
    if (!width) {
      return;
    }
    const scale = Math.min(1, LOOK_PIXELS / Math.max(width, height));
    const body = new FormData();
    body.append("frame", await webcam.draw(source, Math.round(width * scale), Math.round(height * scale), 0.85), "frame.jpg");
    const token = this.root.closest("form").querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const answer = await fetch(this.root.dataset.look, { method: "POST", body, headers: { "X-CSRFToken": token } });
      if (answer.ok) {
        const { faces, advice } = await answer.json();
        this.outline(faces);
        this.say(advice || "The face is seen well.", advice ? "warn" : "good");
      }
    } catch {
      this.say("");
    }
  }

  outline(faces) {
    this.boxes.replaceChildren(
      ...faces.map((face) => {
        const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        for (const [name, value] of Object.entries({ x: face.left, y: face.top, width: face.width, height: face.height, rx: 0.01 })) {
          box.setAttribute(name, value);
        }
        return box;
      }),
    );
  }

  say(text, tone = "plain") {
    this.advice.textContent = text;
    this.advice.hidden = !text;
    this.advice.dataset.tone = tone;
  }
}

for (const root of document.querySelectorAll("[data-photo]")) {
  new PhotoField(root);
}
for (const form of document.querySelectorAll("form[data-once]")) {
  sendOnce(form);
}
