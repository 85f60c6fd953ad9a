// One box that ticks a whole list; it stays hidden where this script does not run.

for (const all of document.querySelectorAll("[data-ticks]")) {
  const boxes = [...all.form.querySelectorAll(`input[type=checkbox][name="${all.dataset.ticks}"]`)];
  const follow = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  all.form.addEventListener("change", follow);
  window.addEventListener("pageshow", follow);
  all.closest("[hidden]").hidden = false;
}
