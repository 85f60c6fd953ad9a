// Many files in a form, also by drop, with the progress of a long upload.

import { sendAgain, sendOnce } from "./once.js";

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function minutes(seconds) {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

class FilesForm {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input[type=file]");
    this.drop = form.querySelector("[data-drop]");
    this.chosen = form.querySelector("[data-chosen]");
    this.bar = form.querySelector("[data-progress]");
    this.status = form.querySelector("[data-status]");
    this.input.addEventListener("change", () => this.tell());
    form.addEventListener("submit", (event) => this.send(event));
    for (const kind of ["dragover", "dragleave", "drop"]) {
      this.drop.addEventListener(kind, (event) => this.drag(event, kind));
    }
  }

  drag(event, kind) {
    event.preventDefault();
    this.form.classList.toggle("photo-over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer?.files.length) {
      this.input.files = event.dataTransfer.files;
      this.tell();
    }
  }

  tell() {
    const files = [...this.input.files];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const name = files.length === 1 ? files[0].name : `${files.length} files`;
    this.chosen.textContent = files.length ? `${name}, ${megabytes(size)}` : "Nothing chosen";
  }

  // The form is sent as it is; only the way there is shown, because a ZIP may have two gigabytes.
  send(event) {
    if (event.defaultPrevented || !this.input.files.length) {
      return;
    }
    event.preventDefault();
    const request = new XMLHttpRequest();
    const started = performance.now();
    this.bar.hidden = false;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const speed = loaded / ((performance.now() - started) / 1000);
      this.bar.value = loaded / total;
      this.status.textContent =
        loaded < total
          ? `${megabytes(loaded)} of ${megabytes(total)}, ${megabytes(speed)} a second, ${minutes((total - loaded) / speed)} left`
          : "Reading the files …";
    });
    request.addEventListener("load", () => this.arrived(request));
    request.addEventListener("error", () => {
      this.bar.hidden = true;
      this.status.textContent = "The connection broke. Nothing was changed; send it again.";
      sendAgain(this.form);
    });
    request.open("POST", this.form.action);
    request.send(new FormData(this.form));
  }

  arrived(request) {
    if (request.status === 200) {
      window.location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const note = page.querySelector(".note-bad") ?? page.querySelector("h1"); // a refusal, or the title of what went wrong
    this.bar.hidden = true;
    this.status.textContent = note?.textContent.trim() ?? "It was not accepted.";
    this.status.className = "note note-bad";
    sendAgain(this.form);
  }
}

for (const form of document.querySelectorAll("form[data-files]")) {
  sendOnce(form);
  new FilesForm(form);
}
