// A photo with the device's camera: as a video to release where the browser gives one to this page
// (on this machine, or with TLS), else with the phone's own camera.
import { part } from "./dom.js";

let stream = null;

function close() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  part("video").srcObject = null;
}

async function start(say) {
  if (!navigator.mediaDevices?.getUserMedia) {
    part("capture").click();
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1920 } },
    });
  } catch (error) {
    say(
      error.name === "NotAllowedError"
        ? "The browser does not let this page use the camera."
        : "There is no camera that can be used."
    );
    return;
  }
  part("video").srcObject = stream;
  part("camera").showModal();
  await part("video").play();
}

// add(files) takes the photo; say(text) tells what is wrong.
export function addCamera(add, say) {
  part("camera-open").addEventListener("click", () => start(say));
  part("camera").addEventListener("close", close);
  part("camera-close").addEventListener("click", () => part("camera").close());
  part("photo").addEventListener("click", () => {
    const video = part("video");
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      add([new File([blob], "photo.jpg", { type: "image/jpeg" })]);
      part("camera").close();
    }, "image/jpeg", 0.95);
  });
}
