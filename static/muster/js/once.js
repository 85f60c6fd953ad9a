// A form that is sent twice by double click goes only once; the rules hold without this script too.

const watched = new WeakSet();

export function sendOnce(form) {
  if (watched.has(form)) return;
  watched.add(form);
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.setAttribute("aria-disabled", "true");
    }
  });
}

export function sendAgain(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-disabled]")) {
    button.removeAttribute("aria-disabled");
  }
}

// A page that comes back by the back button may send again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) sendAgain(form);
});

// A page without a module of its own names its forms.
for (const form of document.querySelectorAll("form[data-once]")) sendOnce(form);
