// On a phone, the open tab is scrolled into sight in browsers whose style sheets cannot do so.

for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const strip = current.parentElement;
  strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
}
