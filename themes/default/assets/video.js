// Videos in grids play a few seconds while the pointer, or the keyboard's focus, is on them; without this file they stay still.
// Nothing is loaded before, nor by touch, nor for those who want less motion or less data.
const still = matchMedia("(prefers-reduced-motion: reduce)");
let playing; // the link whose clip plays; one at a time
let timer;

function stop() {
  clearTimeout(timer);
  const clip = playing?.querySelector("video");
  playing = undefined;
  if (!clip) return;
  clip.removeAttribute("src"); // ends the download
  clip.load();
  clip.remove();
}

function play(link, wait) {
  if (link === playing) return;
  stop();
  if (!link || still.matches || navigator.connection?.saveData) return;
  playing = link;
  timer = setTimeout(() => {
    const clip = document.createElement("video");
    clip.muted = clip.loop = clip.playsInline = true;
    clip.tabIndex = -1;
    clip.setAttribute("aria-hidden", "true");
    clip.style.opacity = 0; // the thumbnail stays until there is a frame
    clip.addEventListener("playing", () => { clip.style.opacity = 1; });
    clip.src = link.dataset.clip;
    link.querySelector("img").after(clip);
    clip.play().catch(() => {}); // the thumbnail is there
  }, wait);
}

const clipOf = (target) => target.closest?.("a[data-clip]");

addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") play(clipOf(event.target), 150); });
document.addEventListener("pointerleave", stop);
addEventListener("focusin", ({ target }) => { if (target.matches(":focus-visible")) play(clipOf(target), 0); });
addEventListener("focusout", stop);
addEventListener("pagehide", stop);

// A Live Photo plays once it is opened.
for (const live of document.querySelectorAll("details.live")) {
  const video = live.querySelector("video");
  live.addEventListener("toggle", () => {
    if (live.open) video.play().catch(() => {}); // there are the controls
    else video.pause();
  });
}

// What no browser here plays is offered for download, over its poster.
for (const video of document.querySelectorAll(".stage video")) {
  const failed = () => {
    const note = video.querySelector(".unplayed");
    if (!note) return;
    video.controls = false;
    video.after(note);
  };
  video.querySelector("source:last-of-type")?.addEventListener("error", failed);
  video.addEventListener("error", failed);
  video.addEventListener("loadedmetadata", () => { if (!video.videoWidth) failed(); }); // its sound alone
  if (video.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) failed(); // before this file was there
}
