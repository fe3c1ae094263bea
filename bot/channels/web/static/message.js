// Draws one message and the form that answers a question: the same markup as templates/message.html.
// Everything a person or a pack wrote becomes a text node or a checked attribute, never markup.

const LINK_SCHEMES = ["http:", "https:", "tel:", "mailto:"];
const INPUT_MODES = { number: "decimal", phone: "tel" };
const AUTOCOMPLETE = { phone: "tel" };

// An element with attributes (false and null are left out) and children (strings become text).
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

export function fill(text, parts) {
  return Object.entries(parts).reduce((out, [name, value]) => out.replaceAll(`{${name}}`, value), text);
}

function ownPath(url) {
  return /^\/(?![/\\])/.test(url) && !/[\x00-\x20]/.test(url) ? url : null;
}

export function safeLink(url) {
  if (/[\x00-\x20]/.test(url)) return null;
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url);
  if (scheme) return LINK_SCHEMES.includes(scheme[0].toLowerCase()) ? url : null;
  return ownPath(url);
}

export function safeSource(url) {
  return url.startsWith("data:image/png;base64,") ? url : ownPath(url);
}

function spoken(message) {
  return { lang: message.lang, dir: message.dir || "auto" };
}

export function bubble(message, words) {
  const isPerson = message.from === "person";
  const body = el("div", { class: "bubble", ...spoken(message) });
  const card = message.video ? film(message.video, words) : [];
  if (message.text && !card.length) body.append(el("p", { class: "text", id: `text-${message.id}` }, message.text));
  if (message.image) body.append(...picture(message.image, words));
  body.append(...card);
  if (message.link) body.append(...linkButton(message.link));
  return el(
    "div",
    { class: `message ${isPerson ? "person" : "bot"}`, "data-id": message.id },
    el("span", { class: "unseen" }, isPerson ? words.you : words.pasito),
    body,
  );
}

function picture(image, words) {
  const src = safeSource(image.url);
  if (!src) return [];
  const img = el("img", { src, alt: image.alt || "", width: 800, height: 800 });
  const opens = el("span", { class: "unseen", lang: document.documentElement.lang }, words.open_picture);
  return [el("a", { class: "picture", href: src, target: "_blank", rel: "noopener" }, img, opens)];
}

function film(video, words) {
  const href = safeLink(video.url);
  if (!href) return [];
  const lang = document.documentElement.lang;
  const length = `${Math.floor(video.seconds / 60)}:${String(video.seconds % 60).padStart(2, "0")}`;
  const decimal = new Intl.NumberFormat(`${lang}-u-nu-latn`, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const size = decimal.format(Math.max(video.bytes / 1e6, 0.1));
  const facts = [fill(words.minutes, { length })];
  if (video.bytes) facts.push(fill(words.megabytes, { size }));
  return [
    el(
      "div",
      { class: "film" },
      el("p", { class: "film-title" }, video.title),
      el("p", { class: "film-facts", lang }, facts.join(", ")),
      el("a", { class: "button", href, target: "_blank", rel: "noopener", lang }, words.watch),
    ),
  ];
}

function linkButton(link) {
  const href = safeLink(link.url);
  return href ? [el("a", { class: "button", href, target: "_blank", rel: "noopener" }, link.label)] : [];
}

export function progress(question, words) {
  if (!question.progress) return null;
  const { done, total } = question.progress;
  const steps = el("span", { class: "steps", "aria-hidden": "true" });
  for (let step = 0; step < total; step++) steps.append(el("i", { class: step < done && "done" }));
  return el("p", { class: "progress" }, steps, " ", el("span", {}, fill(words.question_of, { done, total })));
}

export function choices(question, words) {
  if (!question.choices?.length) return null;
  const many = question.expects?.type === "many";
  const group = el("fieldset", { tabindex: -1, "aria-labelledby": `text-${question.id}`, ...spoken(question) });
  for (const choice of question.choices) {
    const label = el("span", { class: "label" }, choice.label);
    const description = choice.description ? el("span", { class: "description" }, choice.description) : null;
    group.append(
      many
        ? el(
            "label",
            { class: "choice" },
            el("input", { type: "checkbox", name: "choices", value: choice.value }),
            el("span", {}, label, description),
          )
        : el("button", { class: "choice", type: "submit", name: "choice", value: choice.value }, label, description),
    );
  }
  const send = many ? el("button", { class: "button", type: "submit" }, words.send_choices) : null;
  return el("form", { class: "choices" }, group, send);
}

// The writing line stays; only the phone's keyboard changes with the kind of answer.
export function tuneInput(input, type) {
  input.setAttribute("inputmode", INPUT_MODES[type] || "text");
  input.setAttribute("autocomplete", AUTOCOMPLETE[type] || "off");
}
