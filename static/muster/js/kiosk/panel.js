// The panel for numbers beside the camera; it closes by itself when nobody types.

const QUIET_MS = 30000;

export class Panel {
  constructor(form, { opened = () => {}, closed = () => {}, quiet = QUIET_MS } = {}) {
    this.form = form;
    this.quiet = quiet;
    this.opened = opened;
    this.closed = closed;
    this.error = form.querySelector("[role=alert]");
    this.send = form.querySelector("button:not([type=button])");
    form.querySelector("[data-close]").addEventListener("click", () => this.close());
    form.addEventListener("input", () => this.#stay());
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.send.disabled) this.#submit();
    });
  }

  // Show the form; `submit` gets its data and answers with what is wrong, or with nothing.
  open(submit) {
    this.submit = submit;
    this.form.reset();
    this.tell("");
    this.form.hidden = false;
    document.getElementById("welcome").hidden = true;
    document.body.dataset.panel = this.form.id;
    this.form.querySelector("input").focus();
    this.#stay();
    this.opened();
  }

  close() {
    if (this.form.hidden) return;
    clearTimeout(this.ends);
    this.form.hidden = true;
    this.form.reset();
    document.getElementById("welcome").hidden = false;
    delete document.body.dataset.panel;
    document.getElementById("open-pin").focus({ preventScroll: true });
    this.closed();
  }

  tell(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
  }

  async #submit() {
    this.send.disabled = true;
    this.#stay();
    try {
      const wrong = await this.submit(new FormData(this.form));
      if (!wrong) return this.close();
      this.tell(wrong);
      const last = [...this.form.querySelectorAll("input")].filter((input) => input.checkVisibility()).at(-1);
      last.value = "";
      last.focus();
    } finally {
      this.send.disabled = false;
    }
    return undefined;
  }

  #stay() {
    clearTimeout(this.ends);
    this.ends = setTimeout(() => this.close(), this.quiet);
  }
}
