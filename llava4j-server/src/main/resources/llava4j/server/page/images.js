// Image files: from the user to the page, and from the page to the server.

// What the server decodes as it is; other files that the browser can show are sent as PNG.
const SENT_AS_IS = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"]);

// Throws an Error with a sentence for the user.
export async function readImage(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    bitmap = await drawn(file);
  }
  const { width, height } = bitmap;
  const blob = SENT_AS_IS.has(file.type) ? file : await asPng(bitmap);
  bitmap.close?.();
  return { id: unique(), name: file.name || "image", blob, width, height };
}

// Drawings (SVG) have no bitmap of their own.
async function drawn(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch {
    throw new Error((file.name || "The file") + " is no image that this browser can read.");
  } finally {
    URL.revokeObjectURL(image.src);
  }
  return createImageBitmap(image, {
    resizeWidth: image.naturalWidth || 512,
    resizeHeight: image.naturalHeight || 512,
  });
}

function asPng(bitmap) {
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// A new id; randomUUID is missing on pages that come without TLS from another machine.
export function unique() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function dataUri(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

const addresses = new Map();

// The address of an image for <img>, the same for each call.
export function addressOf(image) {
  if (!addresses.has(image.id)) {
    addresses.set(image.id, URL.createObjectURL(image.blob));
  }
  return addresses.get(image.id);
}

export function forgetAddresses() {
  for (const address of addresses.values()) {
    URL.revokeObjectURL(address);
  }
  addresses.clear();
}
