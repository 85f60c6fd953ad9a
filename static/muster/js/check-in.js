// Check-in by webcam at a desk; the picture goes into the same form as an upload.

import { Camera, jpeg } from "./camera.js";

const LONGEST_PIXELS = 1280;
const form = document.getElementById("check-in");
const card = document.getElementById("camera-card");

if (form && card) {
  const words = JSON.parse(document.getElementById("camera-words").textContent);
  const [open, shoot, state] = ["open-camera", "shoot", "camera-state"].map((id) => document.getElementById(id));
  const camera = new Camera(document.getElementById("video"));
  card.hidden = false;

  const show = () => {
    const [title, text] = words[camera.state] ?? ["", ""];
    state.textContent = camera.ready ? "" : `${title}. ${text}`;
    open.hidden = !["denied", "insecure"].includes(camera.state);
    shoot.hidden = !open.hidden;
    shoot.disabled = !camera.ready;
  };
  camera.addEventListener("state", show);
  open.addEventListener("click", () => {
    document.getElementById("camera-off").hidden = true;
    camera.start();
    show();
  });
  shoot.addEventListener("click", async () => {
    if (shoot.disabled) return;
    shoot.disabled = true;
    const blob = await jpeg(camera.draw(document.createElement("canvas"), LONGEST_PIXELS), 0.92);
    const files = new DataTransfer();
    files.items.add(new File([blob], "webcam.jpg", { type: "image/jpeg" }));
    form.elements.photo.files = files.files;
    form.elements.channel.value = "webcam";
    form.requestSubmit();
  });
  // a photo that is chosen after all is an upload
  form.elements.photo.addEventListener("change", () => { form.elements.channel.value = "upload"; });
}

// what can be taken back for a few seconds only is taken away when they are over
const ends = document.querySelector("form[data-ends]");
if (ends) setTimeout(() => ends.remove(), 1000 * Number(ends.dataset.ends));
