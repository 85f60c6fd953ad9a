// On a phone, is the tab that is open in sight? The style sheet asks for it; browsers that do not know how get it here.

for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const strip = current.parentElement;
  strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
}
