// <pasito-chat>: takes over the page's forms, sends answers without loading the page again, shows replies.

import { bubble, choices, el, progress, tuneInput } from "./message.js";
import { Outbox } from "./outbox.js";

const SETTLE = 400; // milliseconds a pressed button stays under the finger, so that a double tap hits nothing new
const DOUBLE = 1000; // "Back" pressed twice within this is a double tap, not two steps
const SOON = [500, 1000, 1000, 2000, 3000, 5000, 8000, 10_000]; // while a reply is on its way
const PATIENCE = 20_000; // after this the person is told that it takes longer
const LIVELY = 20_000; // between quiet looks for news shortly after an answer …
const CALM = 60_000; // … and later
const LIVELY_FOR = 120_000;
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");
const WITH_EVENTS = 300_000; // server-sent events bring the news; this is only a safety net

class PasitoChat extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(this.dataset.words);
    this.url = this.dataset.messages;
    this.cursor = this.dataset.last;
    this.log = this.querySelector(".log");
    this.typing = this.querySelector(".typing");
    this.notice = this.querySelector(".notice");
    this.answer = this.querySelector(".answer");
    this.writing = this.querySelector(".writing");
    this.input = this.writing.querySelector("[name=text]");
    this.input.required = false; // an empty line is simply not sent
    this.known = new Set([...this.log.children].map((node) => node.dataset.id));
    this.unsent = new Map(); // client_msg_id → the person's bubble that the server has not confirmed
    this.said = []; // confirmed bubbles whose own message may still come back from the server
    this.awaiting = 0; // when the oldest unanswered message was accepted
    this.lastActive = Date.now();
    this.outbox = new Outbox(this.url, {
      sending: () => this.sending(),
      answered: (item, body, status) => this.answered(item, body, status),
      known: (item) => this.alreadyThere(item),
      refused: (item, status) => this.refused(item, status),
      offline: () => this.offline(),
    });
    this.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("online", () => this.outbox.run());
    document.addEventListener("visibilitychange", () => this.seen());
    window.addEventListener("pageshow", (event) => event.persisted && this.look());
    if (this.log.lastElementChild?.matches(".person")) this.wait();
    for (const item of this.outbox.items) this.showUnsent(item);
    if (this.outbox.items.length) this.closeQuestion();
    this.outbox.run();
    this.seen();
    this.reveal(this.lastTurn(), "auto");
  }

  // What the person does

  submitted(event) {
    event.preventDefault();
    const form = event.target;
    const said = this.read(form, event.submitter);
    if (!said) return;
    const byWriting = form === this.writing;
    if (form.matches(".choices")) {
      if (form.matches(".answered")) return;
      (event.submitter?.matches(".choice") ? event.submitter : form).classList.add("chosen");
    }
    const again = JSON.stringify(said.body) === this.lastSaid && Date.now() - this.lastActive < DOUBLE;
    if (again && !byWriting) return;
    if (byWriting) this.input.value = "";
    this.lastSaid = JSON.stringify(said.body);
    this.lastActive = Date.now();
    this.handBack = byWriting ? "writing" : "question";
    this.say("");
    const item = this.outbox.add(said.body, said.shown);
    this.showUnsent(item);
    this.closeQuestion();
    this.reveal(this.unsent.get(item.id));
  }

  // What a form says: {body, shown}, or null when it says nothing yet.
  read(form, button) {
    if (form.matches(".choices")) {
      if (button?.name === "choice") {
        return { body: { choice: button.value }, shown: button.querySelector(".label").textContent };
      }
      const ticked = [...form.querySelectorAll("input:checked")];
      if (!ticked.length) {
        this.say(this.words.choose_one);
        form.querySelector("input")?.focus();
        return null;
      }
      const labels = ticked.map((box) => box.closest(".choice").querySelector(".label").textContent);
      return { body: { choices: ticked.map((box) => box.value) }, shown: labels.join(", ") };
    }
    const text = (form === this.writing ? this.input.value : button?.value || "").trim();
    if (!text) {
      this.input.focus();
      return null;
    }
    return { body: { text }, shown: text };
  }

  // What the server says

  answered(item, body, status) {
    this.say("");
    this.confirm(item, body.messages);
    if (status === 202) this.wait();
    this.receive(body);
  }

  // The bubble becomes an ordinary one. If the answer tells only what the page already shows (it was
  // loaded again before the first answer arrived), the person's words stand there already too.
  confirm(item, messages) {
    const node = this.unsent.get(item.id);
    this.unsent.delete(item.id);
    node?.querySelector(".state")?.remove();
    if (!node || this.known.has(node.dataset.id)) return;
    if (messages.length && messages.every((message) => this.known.has(String(message.id)))) node.remove();
    else this.said.push(node);
  }

  // Bubbles whose message the server has not told yet.
  stillUnsent() {
    return [...this.unsent.values()].filter((node) => !this.known.has(node.dataset.id));
  }

  unsentWith(text) {
    return this.stillUnsent().find((node) => node.querySelector(".text").textContent === text);
  }

  async alreadyThere(item) {
    this.unsent.get(item.id)?.remove();
    this.unsent.delete(item.id);
    this.say(this.words.already_there);
    await this.look();
    this.reopenQuestion();
  }

  refused(item, status) {
    this.unsent.get(item.id)?.remove();
    this.unsent.delete(item.id);
    if (item.body.text && !this.input.value) this.input.value = item.body.text;
    this.say([401, 403].includes(status) ? this.words.load_again : this.words.not_sent);
    this.showTyping(false);
    this.reopenQuestion();
  }

  sending() {
    this.showTyping(true);
    this.stateOfUnsent(this.words.sending);
  }

  offline() {
    this.showTyping(false);
    this.say(this.words.no_connection);
    this.stateOfUnsent(this.words.kept);
  }

  stateOfUnsent(text) {
    for (const node of this.unsent.values()) node.querySelector(".state").textContent = text;
  }

  receive({ messages, cursor }) {
    const firstUnsent = () => this.stillUnsent()[0] || null;
    let first = null;
    let question;
    for (const message of messages) {
      const id = String(message.id);
      if (this.known.has(id)) continue;
      this.known.add(id);
      if (message.from === "person") {
        question = null;
        // Her own words, which stand here already: confirmed, or (news overtook the answer) still unsent.
        const mine = this.said.shift() || this.unsentWith(message.text);
        if (mine) {
          mine.dataset.id = id;
          continue;
        }
      } else {
        this.said = [];
        this.awaiting = 0;
        if (message.expects) question = message;
      }
      const node = bubble(message, this.words);
      this.log.insertBefore(node, firstUnsent());
      first ||= node;
    }
    if (messages.length) this.cursor = cursor || messages[messages.length - 1].id;
    if (question !== undefined) this.ask(question);
    if (first) this.reveal(first);
    if (!this.awaiting && !this.outbox.items.length) this.showTyping(false);
  }

  // Asks for news. Failing is no matter: the next look comes.
  async look() {
    const url = new URL(this.url, location);
    if (this.cursor) url.searchParams.set("after", this.cursor);
    try {
      const response = await fetch(url, {
        credentials: "same-origin",
        headers: { Accept: "application/json" },
      });
      if (response.ok) this.receive(await response.json());
    } catch {
      // No connection, or half an answer.
    }
  }

  // A reply was promised: looks often at first, and tells the person when it takes long.
  async wait() {
    const isLooking = Boolean(this.awaiting);
    this.awaiting = Date.now();
    this.showTyping(true);
    if (isLooking) return;
    for (let at = 0; this.awaiting; at++) {
      await new Promise((resolve) => setTimeout(resolve, SOON[Math.min(at, SOON.length - 1)]));
      await this.look();
      if (this.awaiting && Date.now() - this.awaiting > PATIENCE) {
        this.say(this.words.waiting);
        this.showTyping(false);
        this.awaiting = 0;
      }
    }
  }

  // Looks for news only while somebody sees the page.
  seen() {
    clearTimeout(this.newsTimer);
    this.events?.close();
    this.events = null;
    if (document.hidden) return;
    this.look();
    if (this.dataset.events && window.EventSource) {
      this.events = new EventSource(this.dataset.events);
      this.events.onmessage = () => this.look();
    }
    const next = () => {
      const lively = Date.now() - this.lastActive < LIVELY_FOR;
      const pause = this.events?.readyState === 1 ? WITH_EVENTS : lively ? LIVELY : CALM;
      this.newsTimer = setTimeout(async () => {
        await this.look();
        next();
      }, pause);
    };
    next();
  }

  // What is shown

  say(text) {
    if (this.notice.textContent !== text) this.notice.textContent = text;
  }

  showTyping(on) {
    this.typing.hidden = !on;
  }

  showUnsent(item) {
    const node = bubble({ id: item.id, from: "person", text: item.shown, dir: "auto" }, this.words);
    node.append(el("span", { class: "state", "aria-hidden": "true" }, this.words.sending));
    this.unsent.set(item.id, node);
    this.log.append(node);
  }

  get question() {
    return this.answer.querySelector(".choices");
  }

  // The buttons stop working at once and go away a moment later.
  closeQuestion() {
    const form = this.question;
    if (!form || form.matches(".answered")) return;
    form.classList.add("answered");
    for (const button of form.querySelectorAll("button, input")) button.setAttribute("aria-disabled", "true");
    this.closedAt = Date.now();
    this.closed = form;
    setTimeout(() => form.matches(".answered") && this.take(form), SETTLE);
  }

  // Removes a form without losing the place of those who use a keyboard or listen.
  take(form) {
    if (!form.isConnected) return;
    const hadFocus = form.contains(document.activeElement);
    this.answer.querySelector(".progress")?.remove();
    form.remove();
    if (hadFocus) this.answer.focus({ preventScroll: true });
  }

  reopenQuestion() {
    this.lastSaid = ""; // pressing the same again is now a second try
    if (!this.closed || this.question?.matches(":not(.answered)")) return;
    const form = this.closed;
    this.closed = null;
    form.classList.remove("answered", "chosen");
    form.querySelector(".chosen")?.classList.remove("chosen");
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    if (!form.isConnected) this.answer.prepend(form);
  }

  // Shows the forms of a question, or of none.
  async ask(question) {
    this.closed = null;
    const turn = (this.turn = (this.turn || 0) + 1);
    const settled = (this.closedAt || 0) + SETTLE - Date.now();
    if (settled > 0) await new Promise((resolve) => setTimeout(resolve, settled));
    if (turn !== this.turn) return; // another question came meanwhile
    for (const form of this.answer.querySelectorAll(".choices")) this.take(form);
    this.answer.querySelector(".progress")?.remove();
    tuneInput(this.input, question?.expects?.type);
    if (!question) return;
    const form = choices(question, this.words);
    this.answer.prepend(...[progress(question, this.words), form].filter(Boolean));
    this.focusOn(form);
    this.reveal(this.lastTurn());
  }

  // Only moves the focus of those who have just answered, and never takes it from the writing line.
  focusOn(form) {
    const handBack = this.handBack;
    this.handBack = null;
    const active = document.activeElement;
    const isFree = active === document.body || this.answer.contains(active);
    if (handBack !== "question" || !isFree) return;
    const target = form ? form.querySelector("fieldset") : this.input;
    target.focus({ preventScroll: true });
  }

  // The first of our messages since the person last spoke.
  lastTurn() {
    let node = this.log.lastElementChild;
    while (node?.previousElementSibling?.matches(".bot") && node.matches(".bot")) node = node.previousElementSibling;
    return node;
  }

  // To the end if what is new fits on the screen, else to its beginning. The very first words are read from the top.
  reveal(node, behavior = REDUCED.matches ? "auto" : "smooth") {
    if (!node || !this.log.querySelector(".person")) return;
    requestAnimationFrame(() => {
      const rest = this.getBoundingClientRect().bottom - node.getBoundingClientRect().top;
      if (rest <= window.innerHeight) window.scrollTo({ top: document.documentElement.scrollHeight, behavior });
      else node.scrollIntoView({ block: "start", behavior });
    });
  }
}

customElements.define("pasito-chat", PasitoChat);
