// Pictures for the comparison form: by file, by drop, or drawn with mouse, pen or finger.

import { sendOnce } from "./once.js";

const PEN_PIXELS = 20; // on a canvas of 280: as thick as the digits the encoder was trained on

class CompareField {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input[type=file]");
    for (const name of ["shown", "canvas", "buttons", "draw", "clear"]) {
      this[name] = root.querySelector(`[data-${name}]`);
    }
    this.input.addEventListener("change", () => this.show());
    for (const kind of ["dragover", "dragleave", "drop"]) {
      root.addEventListener(kind, (event) => this.drag(event, kind));
    }
    if (this.canvas) {
      this.buttons.hidden = false;
      this.draw.addEventListener("click", () => this.openCanvas());
      this.clear.addEventListener("click", () => this.wipe());
      this.listenToPen();
    }
  }

  drag(event, kind) {
    event.preventDefault();
    this.root.classList.toggle("is-over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer?.files.length) {
      this.accept([...event.dataTransfer.files]);
    }
  }

  accept(files) {
    const chosen = new DataTransfer();
    for (const file of this.input.multiple ? files.slice(0, 5) : files.slice(0, 1)) {
      chosen.items.add(file);
    }
    this.input.files = chosen.files;
    this.show();
  }

  show() {
    if (!this.shown) {
      return;
    }
    for (const image of this.shown.children) {
      URL.revokeObjectURL(image.src);
    }
    const drawn = this.canvas && !this.canvas.hidden && this.input.files[0]?.name === "drawn.png";
    this.shown.replaceChildren(
      ...(drawn ? [] : [...this.input.files]).map((file) => {
        const image = new Image();
        image.src = URL.createObjectURL(file);
        image.alt = file.name;
        return image;
      }),
    );
    if (this.canvas && !drawn) {
      this.canvas.hidden = this.clear.hidden = true;
    }
  }

  openCanvas() {
    this.canvas.hidden = this.clear.hidden = false;
    this.shown.replaceChildren();
    this.wipe();
    const digits = this.root.closest("form").querySelector("input[value=digits]");
    if (digits) {
      digits.checked = true;
    }
  }

  wipe() {
    const paper = this.canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.input.value = "";
  }

  listenToPen() {
    let last = null;
    const place = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const scale = this.canvas.width / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    const line = (from, to) => {
      const paper = this.canvas.getContext("2d");
      paper.lineWidth = PEN_PIXELS;
      paper.lineCap = paper.lineJoin = "round";
      paper.strokeStyle = "#111";
      paper.beginPath();
      paper.moveTo(...from);
      paper.lineTo(...to);
      paper.stroke();
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      last = place(event);
      line(last, last);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (last) {
        const next = place(event);
        line(last, next);
        last = next;
      }
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(kind, () => {
        if (last) {
          last = null;
          this.canvas.toBlob((blob) => this.accept([new File([blob], "drawn.png", { type: "image/png" })]));
        }
      });
    }
  }
}

for (const root of document.querySelectorAll("[data-compare]")) {
  new CompareField(root);
}
for (const form of document.querySelectorAll("#compare")) {
  sendOnce(form);
}
