/* One phone: its log of bubbles, its suggestions and its composer. Words of people only ever become text. */

const KEPT = 400;
const NEAR_PX = 80;
const PATIENCE_MS = 6000;

/** An element with properties and children; strings become text nodes. */
export function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A template of texts.py with its {names} filled. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** An instant as the school's wall clock shows it: fields of a Date in UTC, eight hours on. */
export function here(at) {
  return new Date(Date.parse(at) + 8 * 3600e3);
}

export function hhmm(date) {
  return date.toISOString().slice(11, 16);
}

export class Phone {
  /**
   * @param node the phone's section
   * @param about what the page was told of it
   * @param world {texts, say, press, follow, noticed}
   */
  constructor(node, about, world) {
    this.node = node;
    this.about = about;
    this.world = world;
    this.texts = world.texts;
    this.log = node.querySelector(".log");
    this.rows = []; // {key, at, said, node}
    this.speaking = false;
    this.select = node.querySelector(".who select");
    this.atButton = node.querySelector(".at");
    this.box = node.querySelector("textarea");
    this.voiceButton = node.querySelector(".tool.voice");
    this.latest = null;
    this.pinned = true;
    this.nothing();
    this.wire();
    this.suggest();
  }

  get isGroup() {
    return this.about.role === "group";
  }

  get sender() {
    return this.isGroup ? this.select.value : this.about.id;
  }

  get senderName() {
    return this.isGroup ? this.select.selectedOptions[0].textContent : this.about.name;
  }

  nothing() {
    const text = this.isGroup ? this.texts.empty_group : this.texts.empty_private;
    this.log.append(el("li", { class: "none" }, text));
  }

  /* ---- what was said and seen ---- */

  said(entry) {
    const known = this.rows.find((row) => row.said && row.key === entry.message);
    if (known) return this.saidAgain(known, entry);
    const state = el("p", { class: "state" });
    const bubble = el("button", { class: "bubble", type: "button", onclick: () => this.world.follow(entry.message) });
    this.fillSaid(bubble, entry);
    const node = el("li", { class: "talk" },
      el("span", { class: "face", "aria-hidden": "true" }, this.world.letter(entry.who)),
      el("div", null, el("p", { class: "meta" }, `${entry.who} ${hhmm(here(entry.at))}`), bubble, state));
    const row = { key: entry.message, at: entry.at, said: true, who: entry.who, node, bubble, state, entry };
    this.place(row);
    this.side(row);
    return this.saidAgain(row, entry);
  }

  saidAgain(row, entry) {
    row.entry = entry;
    row.node.classList.toggle("unheard", entry.state === "unheard");
    this.stateOf(row);
  }

  fillSaid(bubble, entry) {
    const t = this.texts;
    if (entry.picture) {
      bubble.classList.add("pic");
      bubble.append(this.picture(`/_sandbox/said/${entry.n}`, fill(t.picture_alt, { who: entry.who })));
    } else if (entry.kind === "voice") {
      bubble.append(el("span", { class: "voice" }, t.voice_seconds));
    } else if (entry.kind === "file" || entry.name) {
      bubble.append(el("span", { class: "file" }, entry.name || t.file));
    } else if (entry.kind !== "text" && !entry.text) {
      bubble.append(t.kinds[entry.kind] || entry.kind);
    }
    if (entry.text) bubble.append(el("span", null, entry.text));
  }

  /** The little line under what somebody said: on its way, arrived, pushed again, never heard. */
  stateOf(row) {
    const t = this.texts;
    const { entry } = row;
    const pushes = this.world.pushes(entry.message);
    const missed = pushes.filter((push) => !push.ok).length;
    const arrived = pushes.filter((push) => push.ok).length;
    let text = t[entry.state];
    if (entry.state === "pending" && missed) text = fill(t.retrying, { count: missed + 1 });
    if (entry.state === "delivered" && arrived > 1) text = fill(t.doubled, { count: arrived });
    row.state.textContent = text;
    row.state.title = entry.state === "unheard" ? t.unheard_help : "";
    row.state.classList.toggle("bad", entry.state === "unheard" || entry.state === "lost" || (entry.state === "pending" && missed > 0));
  }

  pushed(message) {
    const row = this.rows.find((one) => one.said && one.key === message);
    if (row) this.stateOf(row);
  }

  saw(item) {
    const known = this.rows.find((row) => !row.said && row.key === item.message);
    const bubble = this.bubbleOf(item);
    if (known) {
      known.bubble.replaceWith(bubble);
      known.bubble = bubble;
      known.node.className = this.looksOf(item);
      known.state.classList.remove("bad");
      known.state.textContent = item.change === "recalled" ? this.texts.recalled : `${this.texts.updated} ${hhmm(here(item.at))}`;
      bubble.classList.add("fresh");
    } else {
      const state = el("p", { class: "state" });
      const node = el("li", { class: this.looksOf(item) },
        this.faceOf(item),
        el("div", null, el("p", { class: "meta" }, `${this.nameOf(item)} ${hhmm(here(item.at))}`), bubble, state));
      this.place({ key: item.message, at: item.at, said: false, node, bubble, state });
    }
    if (item.change === "new" || (this.latest && this.latest.message === item.message)) this.latest = item;
    this.suggest();
    this.world.noticed(this);
  }

  /* What a teacher has confirmed stands in the group under the teacher's own name. */
  faceOf(item) {
    if (this.isGroup && item.lane === this.texts.by_teacher) return el("span", { class: "face", "aria-hidden": "true" }, this.world.letter(this.world.teacher));
    return el("span", { class: "face bot", "aria-hidden": "true" }, this.texts.robot_mark);
  }

  nameOf(item) {
    if (this.isGroup && item.lane === this.texts.by_teacher) return this.world.teacher;
    return this.texts.lanes[item.lane] || this.texts.robot;
  }

  looksOf(item) {
    const card = item.kind === "card" || item.buttons.length;
    return `talk${card ? " card" : ""}${item.change === "recalled" ? " recalled" : ""}`;
  }

  bubbleOf(item) {
    const source = item.sha256 ? `/_sandbox/picture/${item.sha256}` : this.local(item.url);
    if (item.kind === "picture") {
      if (!source) return el("div", { class: "bubble" }, item.text || this.texts.picture_lost);
      const caption = item.text && !item.text.startsWith("［") ? item.text : null;
      return el("div", { class: "bubble pic" }, this.picture(source, caption || this.texts.robot), caption);
    }
    if (item.kind === "file") {
      const name = item.text || this.texts.file;
      return el("div", { class: "bubble" }, source ? el("a", { class: "file", href: source, download: name }, name) : el("span", { class: "file" }, name));
    }
    const drawing = source && item.sha256 ? this.picture(source, this.texts.robot) : null;
    if (item.kind === "card" || item.buttons.length) return this.cardOf(item, drawing);
    const placeholder = this.texts.kinds.picture;
    const words = drawing && item.text.endsWith(placeholder) ? item.text.slice(0, -placeholder.length).trimEnd() : item.text;
    const bubble = el("div", { class: "bubble" }, words, drawing);
    const link = item.kind === "link" && /^https?:/.test(item.url || "");
    if (link && item.to) bubble.append("\n", el("button", { type: "button", class: "open", onclick: () => this.world.open(item.to, item.url) }, this.texts.link));
    else if (link) bubble.append("\n", el("a", { href: item.url, target: "_blank", rel: "noopener noreferrer" }, this.texts.link));
    return bubble;
  }

  cardOf(item, drawing) {
    const [title, ...rest] = item.text.split("\n");
    const words = rest.length ? [el("b", null, title), rest.join("\n")] : [item.text];
    const bubble = el("div", { class: "bubble" }, el("div", { class: "words" }, ...words, drawing));
    if (item.buttons.length && item.change !== "recalled") {
      const presses = el("div", { class: "presses" });
      for (const button of item.buttons) {
        presses.append(el("button", { type: "button", disabled: !button.enabled, onclick: () => this.press(item, button, presses) }, button.label));
      }
      bubble.append(presses);
    }
    return bubble;
  }

  /** Pressed once is enough: the card then shows what came of it, or can be pressed again. */
  async press(item, button, presses) {
    const all = [...presses.querySelectorAll("button")];
    const were = all.map((one) => one.disabled);
    all.forEach((one) => { one.disabled = true; });
    const problem = await this.world.press({ message: item.message, button: button.id, sender: this.sender }, button.label);
    const row = this.rows.find((one) => !one.said && one.key === item.message);
    if (row && presses.isConnected) {
      row.state.textContent = problem === null ? fill(this.texts.pressed, { label: button.label }) : this.texts.not_pressed;
      row.state.title = problem || "";
      row.state.classList.toggle("bad", problem !== null);
    }
    setTimeout(() => all.forEach((one, place) => { one.disabled = were[place]; }), problem === null ? PATIENCE_MS : 0);
  }

  picture(source, alt) {
    const image = el("img", { alt, src: source });
    image.addEventListener("error", () => image.replaceWith(this.texts.picture_lost));
    image.addEventListener("load", () => { if (this.pinned) this.toEnd(); });
    return image;
  }

  /** The path of an address on this very listener; anything else is not loaded. */
  local(url) {
    if (!url) return null;
    try {
      const parsed = new URL(url, location.href);
      return parsed.origin === location.origin ? parsed.pathname + parsed.search : null;
    } catch (_error) {
      return null;
    }
  }

  /* ---- the log ---- */

  place(row) {
    const none = this.log.querySelector(".none");
    if (none) none.remove();
    let index = this.rows.length;
    while (index > 0 && this.rows[index - 1].at > row.at) index -= 1;
    const after = this.rows[index - 1];
    this.rows.splice(index, 0, row);
    if (index === this.rows.length - 1) {
      if (!after || after.at.slice(0, 10) !== row.at.slice(0, 10)) this.log.append(this.day(row.at));
      this.log.append(row.node);
    } else {
      this.rows[index + 1].node.before(row.node);
    }
    if (this.rows.length > KEPT) this.rows.shift().node.remove();
    if (this.pinned || row.said) this.toEnd();
  }

  day(at) {
    const day = here(at);
    const values = { month: day.getUTCMonth() + 1, day: day.getUTCDate(), weekday: this.texts.weekdays[day.getUTCDay()] };
    return el("li", { class: "day" }, fill(this.texts.day, values));
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_PX;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.pinned = true;
  }

  side(row) {
    row.node.classList.toggle("mine", row.who === this.senderName);
  }

  followed(message) {
    for (const row of this.rows) if (row.said) row.bubble.classList.toggle("followed", row.key === message);
  }

  /* ---- suggestions ---- */

  suggest() {
    const place = this.node.querySelector(".tries");
    const choices = (this.latest && this.latest.choices) || [];
    const chips = choices.slice(0, 4).map((choice) => this.chip(choice.label, choice.type, "next"));
    place.replaceChildren(...chips, ...this.about.tries.map((text) => this.chip(text, text, "")));
    place.scrollLeft = 0;
  }

  chip(label, text, look) {
    return el("button", { type: "button", class: look, title: text, onclick: () => this.say({ kind: "text", text }) }, label);
  }

  /* ---- the composer ---- */

  wire() {
    // Whoever reads the end keeps reading it when the log grows, or shrinks under a keyboard.
    this.log.addEventListener("scroll", () => { this.pinned = this.atEnd(); });
    new ResizeObserver(() => { if (this.pinned) this.toEnd(); }).observe(this.log);
    const form = this.node.querySelector("form");
    form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
    });
    this.box.addEventListener("input", () => this.grow());
    this.node.querySelector(".tool.picture").addEventListener("click", () => this.sendPicture());
    if (this.voiceButton) this.voiceButton.addEventListener("click", () => this.setVoice(!this.speaking));
    if (this.isGroup && this.texts.no_mention) {
      this.setMention(false, true);
      this.atButton.hidden = true;
    }
    if (this.isGroup) {
      this.atButton.addEventListener("click", () => this.setMention(this.atButton.getAttribute("aria-pressed") !== "true"));
      this.select.addEventListener("change", () => this.rows.filter((row) => row.said).forEach((row) => this.side(row)));
    }
  }

  get mentions() {
    return this.isGroup && this.atButton.getAttribute("aria-pressed") === "true";
  }

  setMention(on, quiet) {
    this.atButton.setAttribute("aria-pressed", String(on));
    this.node.querySelector(".deaf").hidden = on;
    if (!quiet) this.box.focus();
  }

  setVoice(on) {
    this.speaking = on;
    this.voiceButton.setAttribute("aria-pressed", String(on));
    const words = on ? this.texts.write_voice : this.texts.write;
    this.box.placeholder = words;
    this.box.setAttribute("aria-label", words);
    this.box.focus();
  }

  grow() {
    this.box.style.height = "";
    if (this.box.value) this.box.style.height = `${Math.min(this.box.scrollHeight + 2, 120)}px`;
  }

  submit() {
    const text = this.box.value.trim();
    if (!text) { this.box.focus(); return; }
    this.box.value = "";
    this.grow();
    if (this.speaking) {
      this.setVoice(false);
      this.say({ kind: "voice", transcript: text });
    } else {
      this.say({ kind: "text", text });
    }
  }

  async sendPicture() {
    const file = await drawn();
    this.say({ kind: "picture", file_b64: file, file_name: this.texts.picture_name });
  }

  async say(words) {
    const said = { ...words, chat: this.about.chat, sender: this.sender };
    if (this.isGroup) {
      const mention = this.texts.mention;
      const already = (words.text || "").includes(mention);
      said.at_bot = this.mentions || already;
      if (said.at_bot && words.text && !already) said.text = `${mention} ${words.text}`;
    }
    const problem = await this.world.say(said);
    if (problem !== null) {
      this.log.append(el("li", { class: "talk mine" }, el("div", null, el("p", { class: "state bad" }, fill(this.texts.not_said, { reason: problem })))));
      this.toEnd();
    }
  }
}

/** A child's drawing, made on the spot: PNG bytes in base64. */
async function drawn() {
  const canvas = el("canvas", { width: 360, height: 240 });
  const pen = canvas.getContext("2d");
  const circle = (x, y, r, colour) => { pen.fillStyle = colour; pen.beginPath(); pen.arc(x, y, r, 0, 7); pen.fill(); };
  const box = (x, y, w, h, colour) => { pen.fillStyle = colour; pen.fillRect(x, y, w, h); };
  box(0, 0, 360, 240, "#dcecf2");
  box(0, 170, 360, 70, "#b9d7a8");
  circle(300, 52, 26, "#f2c14e");
  box(70, 100, 110, 90, "#f7efe2");
  pen.fillStyle = "#c4624a";
  pen.beginPath(); pen.moveTo(58, 102); pen.lineTo(125, 52); pen.lineTo(192, 102); pen.fill();
  box(112, 142, 28, 48, "#8a5a3c");
  box(82, 116, 22, 20, "#9cc4d4");
  box(148, 116, 22, 20, "#9cc4d4");
  box(252, 130, 12, 60, "#8a5a3c");
  circle(258, 112, 32, "#6fa368");
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
