// One picture taken by the webcam: open the camera, explain what prevents it, and close it again.

const WANTED = { video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };

const WORDS = {
  NotAllowedError: "The camera is blocked for this page. Allow it beside the address, then try again.",
  NotFoundError: "No camera was found. Plug one in, or choose a file.",
  NotReadableError: "Another program uses the camera. Close it there, then try again.",
};

export function isPossible() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

export async function open(video) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    if (error.name !== "OverconstrainedError") {
      throw new Error(WORDS[error.name] ?? "The camera could not be opened. Choose a file instead.");
    }
    stream = await navigator.mediaDevices.getUserMedia({ video: true });
  }
  video.srcObject = stream;
  await video.play();
}

export function close(video) {
  for (const track of video.srcObject?.getTracks() ?? []) {
    track.stop();
  }
  video.srcObject = null;
}

// The picture is sent as the camera saw it; only the preview is mirrored.
export function take(video) {
  return draw(video, video.videoWidth, video.videoHeight, 0.95);
}

export function draw(source, width, height, quality) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}
