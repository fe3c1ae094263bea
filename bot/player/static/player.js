// Plays the film in its place, and tells how far somebody watched. Without it the same buttons load a page.

const form = document.querySelector("form.start");
const film = form.querySelector("video");
const poster = form.querySelector(".poster");
const speeds = form.querySelector(".speeds");
const notice = form.querySelector(".notice");

const COMPLETE = 90; // percent
const QUARTERS = [25, 50, 75, 100];
const JUMP = 3; // seconds; who moves further on has not watched what lies between

let watched = new Set(); // hundredths of the film
let told = new Set();
let last = null; // where the film was when it was looked at last

function isSmall() {
  return new FormData(form).get("small") === "1";
}

function tell(what, part) {
  const name = `${what} ${part || ""}`;
  if (told.has(name)) return;
  told.add(name);
  const body = JSON.stringify({ what, ...(part && { part }), small: isSmall() });
  const sent = new Blob([body], { type: "application/json" });
  if (navigator.sendBeacon?.(form.action, sent)) return;
  fetch(form.action, { method: "POST", body: sent, keepalive: true }).catch(() => {});
}

function load() {
  film.src = isSmall() ? film.dataset.small : film.dataset.large;
  last = null;
}

function start() {
  poster?.remove();
  film.hidden = false;
  load();
  film.play().catch(() => {}); // where a browser does not let us, its own button is there
  film.focus();
}

// Another size goes on where the first one was.
function change() {
  if (film.hidden) return;
  const [at, paused] = [film.currentTime, film.paused];
  load();
  film.currentTime = at;
  if (!paused) film.play().catch(() => {});
}

function look() {
  if (film.seeking || !film.duration) return;
  const now = film.currentTime;
  if (last !== null && now >= last && now - last <= JUMP * film.playbackRate) {
    const place = (seconds) => Math.floor((100 * seconds) / film.duration);
    for (let n = place(last); n <= Math.min(place(now), 99); n++) watched.add(n);
    for (const part of QUARTERS) if (watched.size >= part) tell("progress", part);
    if (watched.size >= COMPLETE) tell("end");
  }
  last = now;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
form.querySelector(".copies")?.addEventListener("change", change);
speeds.addEventListener("click", ({ target }) => {
  if (!target.value) return;
  film.defaultPlaybackRate = film.playbackRate = Number(target.value);
  for (const button of speeds.querySelectorAll("button")) button.setAttribute("aria-pressed", button === target);
});

film.addEventListener("playing", () => {
  notice.textContent = "";
  speeds.hidden = false;
  if (last === null) last = film.currentTime;
  tell("play");
});
film.addEventListener("timeupdate", look);
film.addEventListener("seeking", () => (last = null));
film.addEventListener("ended", () => {
  look();
  // Played once more it is seen once more.
  [watched, told, last] = [new Set(), new Set(), null];
});
film.addEventListener("error", () => {
  notice.textContent = notice.dataset.broken;
  document.querySelector(".words")?.setAttribute("open", "");
});

if (navigator.connection?.saveData && film.hidden) {
  const small = form.querySelector("input[type=radio][value='1']");
  if (small) small.checked = true;
}
