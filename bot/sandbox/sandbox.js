/* A class in the browser: one long poll for everything that moves, and the table around the phones. */

import { Phone, el, fill, here, hhmm } from "/_sandbox/phone.js";

const given = JSON.parse(document.getElementById("data").textContent);
const t = given.texts;
const byId = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 899px)");

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body || {}) });
  let told = {};
  try { told = await answer.json(); } catch (_error) { /* no JSON: the status says it */ }
  return { ok: answer.ok, ...told };
}

/** The reason something was refused, or null if it was not. */
async function tried(path, body) {
  try {
    const answer = await post(path, body);
    return answer.ok ? null : answer.error || t.reason_unknown;
  } catch (_error) {
    return t.offline;
  }
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

/* ---- phones ---- */

const entries = new Map(); // message id → what was said
const items = []; // what was seen, in order
const pushes = new Map(); // message id → attempts to hand it to the product

const world = {
  texts: t,
  teacher: given.phones.find((phone) => phone.role === "teacher").name,
  say: (said) => tried("/_control/say", said),
  press: async (press, label) => {
    if (given.platform !== "wecom") steps.press(press, label); // there a press has no name of its own
    try {
      const answer = await post("/_control/press", press);
      steps.poke();
      if (answer.ok && answer.delivered !== false) return null;
      return answer.error || answer.reason || t.reason_unknown;
    } catch (_error) {
      return t.offline;
    }
  },
  /* A link in WeChat opens in the phone's own browser: what stands on the page comes back as seen. */
  open: (sender, url) => tried("/_control/open", { sender, url }),
  follow: (message) => steps.follow(message, true),
  pushes: (message) => pushes.get(message) || [],
  letter: (name) => (given.phones.find((phone) => phone.name === name) || { mark: name.slice(0, 1) }).mark,
  noticed: (phone) => tabs.noticed(phone),
};

const phones = given.phones.map((about) => new Phone(byId(`phone-${about.key}`), about, world));
const group = phones.find((phone) => phone.isGroup);
const teacher = phones.find((phone) => phone.about.role === "teacher");
const parents = phones.filter((phone) => phone.about.role === "guardian");

function phoneOfItem(item) {
  if (item.to === null) return item.chat === group.about.chat ? group : null;
  return phones.find((phone) => phone.about.id === item.to) || null;
}

/* ---- tabs, on a narrow screen ---- */

const tabs = {
  quiet: true,
  show(key) {
    document.body.dataset.tab = key;
    for (const button of byId("tabs").children) {
      const current = button.dataset.tab === key;
      button.setAttribute("aria-current", String(current));
      if (current) button.classList.remove("unread");
      button.setAttribute("aria-label", button.lastElementChild.textContent);
    }
    for (const phone of phones) {
      phone.node.classList.toggle("shown", phone.about.key === key);
      if (phone.about.key === key) phone.toEnd();
    }
  },
  button: (phone) => [...byId("tabs").children].find((one) => one.dataset.tab === phone.about.key),
  noticed(phone) {
    if (!narrow.matches || this.quiet || document.body.dataset.tab === phone.about.key) return;
    const button = this.button(phone);
    button.classList.add("unread");
    button.setAttribute("aria-label", `${button.lastElementChild.textContent}，${t.unread}`);
  },
};
for (const button of byId("tabs").children) button.addEventListener("click", () => tabs.show(button.dataset.tab));
byId("now").addEventListener("click", () => { if (narrow.matches) tabs.show("controls"); });

/* ---- the clock ---- */

const clock = {
  base: Date.parse(given.now),
  since: performance.now(),
  moving: false,
  set(now) {
    this.base = Date.parse(now);
    this.since = performance.now();
    this.draw();
  },
  now() {
    return new Date(this.base + performance.now() - this.since);
  },
  words(date) {
    const local = here(date.toISOString());
    const values = { month: local.getUTCMonth() + 1, day: local.getUTCDate(), weekday: t.weekdays[local.getUTCDay()], time: hhmm(local) };
    return fill(t.date, values);
  },
  draw() {
    const time = byId("now").querySelector("time");
    const words = this.words(this.now());
    if (time.textContent !== words) time.textContent = words;
    time.dateTime = this.now().toISOString();
  },
  /** The next time the school's wall clock shows hour:minute, `days` midnights on or later. */
  next(hour, minute, days, weekday) {
    const local = here(this.now().toISOString());
    const target = new Date(local);
    target.setUTCHours(hour, minute, 0, 0);
    target.setUTCDate(target.getUTCDate() + days);
    while (target <= local || (weekday !== undefined && target.getUTCDay() !== weekday)) target.setUTCDate(target.getUTCDate() + 1);
    return new Date(target - 8 * 3600e3);
  },
  targets: {
    hour: () => new Date(clock.now().getTime() + 3600e3),
    dismissal: () => clock.next(16, 30, 0),
    digest: () => clock.next(16, 50, 0),
    morning: () => clock.next(8, 0, 1),
    friday: () => clock.next(16, 0, 0, 5),
  },
  async move(name) {
    if (this.moving) return;
    const target = this.targets[name]();
    this.busy(true);
    byId("clock-note").textContent = t.moving;
    const mode = byId("mode").querySelector("input:checked").value;
    try {
      const answer = await post("/_control/clock", { now: target.toISOString(), mode });
      if (answer.now) this.set(answer.now);
      byId("clock-note").textContent = !answer.ok
        ? fill(t.cannot_move, { reason: answer.error || t.reason_unknown })
        : answer.settled === false ? t.not_settled : fill(t.moved, { when: this.words(target) });
    } catch (_error) {
      byId("clock-note").textContent = t.offline;
    }
    this.busy(false);
  },
  busy(on) {
    this.moving = on;
    byId("now").classList.toggle("going", on);
    byId("moves").setAttribute("aria-busy", String(on));
    for (const button of byId("moves").children) button.setAttribute("aria-disabled", String(on));
  },
};
for (const button of byId("moves").children) button.addEventListener("click", () => clock.move(button.dataset.move));
setInterval(() => clock.draw(), 1000);
clock.draw();

/* ---- the guide ---- */

const guide = {
  said: (phone) => [...entries.values()].filter((entry) => entry.chat === phone.about.chat),
  saw: (phone) => items.filter((item) => phoneOfItem(item) === phone),
  /** A parent asked, and after the teacher spoke the parent saw what the teacher said. */
  answered() {
    const told = this.said(teacher);
    return parents.some((parent) => {
      const asked = this.said(parent)[0];
      if (!asked) return false;
      const answers = told.filter((entry) => entry.at > asked.at);
      return this.saw(parent).some((item) => item.text.startsWith(teacher.about.name)
        && answers.some((entry) => entry.at <= item.at && item.text.includes(entry.text.replace(/^\D{0,12}?\d+\s*/, "").slice(-6))));
    });
  },
  draw() {
    const published = this.saw(group).some((item) => item.text.includes(t.digest_word));
    const done = [this.said(teacher).length > 0 || published, published, this.answered()];
    const lines = [...byId("guide").querySelectorAll("li")];
    const current = done.indexOf(false);
    lines.forEach((line, place) => {
      line.classList.toggle("done", done[place]);
      line.classList.toggle("on", place === current);
      line.setAttribute("aria-label", line.textContent + (done[place] ? `（${t.done}）` : ""));
    });
    const previewed = this.saw(teacher).some((item) => item.text.includes(t.preview_word));
    const asked = parents.some((parent) => this.said(parent).length > 0);
    const hints = [t.hint_1, previewed ? t.hint_2b : t.hint_2a, asked ? t.hint_3b : t.hint_3a];
    const places = [teacher, teacher, asked ? teacher : parents[0]];
    for (const phone of phones) {
      const next = current >= 0 && !byId("guide").hidden && phone === places[current];
      phone.node.classList.toggle("next", next);
      tabs.button(phone).classList.toggle("next", next);
    }
    const hint = current < 0 ? t.hint_done : hints[current];
    if (byId("hint").textContent !== hint) byId("hint").textContent = hint;
  },
};
byId("guide-hide").addEventListener("click", () => { byId("guide").hidden = true; guide.draw(); });

/* ---- one message through the eight steps ---- */

const steps = {
  message: null,
  chosen: false,
  boot: null,
  since: 0,
  notes: [],
  off: false,
  up: true,
  polling: false,
  again: 0,
  /** A press has no id of its own; the trace names it by what was pressed by whom. */
  async press({ message, button, sender }, label) {
    const id = `press:${message}:${button}:${sender}`;
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id)));
    const mark = [...hash.slice(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    entries.set(id, { message: id, mark, chat: null, who: "", kind: "press", text: `[${label}]`, state: "delivered", at: "" });
    this.follow(id, true);
  },
  follow(message, chosen) {
    this.message = message;
    this.chosen = Boolean(chosen);
    phones.forEach((phone) => phone.followed(message));
    this.draw();
    this.poke();
  },
  poke() {
    this.again = performance.now() + 2500;
    if (!this.polling) this.poll();
  },
  async poll() {
    this.polling = true;
    try {
      while (performance.now() < this.again || this.waiting()) {
        await this.look();
        this.draw();
        await pause(performance.now() < this.again ? 250 : 1500);
      }
    } catch (_error) { /* the emulator is away; the next event pokes again */ }
    this.polling = false;
  },
  async look() {
    const answer = await (await fetch(`/_sandbox/trace?since=${this.since}`)).json();
    faults.alive(answer);
    this.off = answer.trace === null && answer.up !== false;
    if (answer.trace === null) return;
    if (answer.trace.boot !== this.boot) {
      const first = this.boot === null;
      this.boot = answer.trace.boot;
      this.since = 0;
      if (!first) return this.look(); // another process: its notes begin anew
    }
    this.since = answer.trace.next;
    this.notes.push(...answer.trace.items);
    if (this.notes.length > 20000) this.notes.splice(0, 10000);
    return undefined;
  },
  /** Whether the followed message still has somewhere to go. */
  waiting() {
    const entry = entries.get(this.message);
    if (!entry || this.off || document.hidden) return false;
    const way = this.way(entry);
    if (entry.state !== "pending" && !way.times.size) return false;
    return !(way.times.has(7) && way.sent === way.letters);
  },
  way(entry) {
    const rows = new Set(this.notes.filter((note) => note.of === entry.mark).map((note) => note.id));
    const letters = new Set(this.notes.filter((note) => rows.has(note.of)).map((note) => note.id));
    const times = new Map();
    const sent = new Set();
    for (const note of this.notes) {
      const mine = note.id === entry.mark || rows.has(note.id) || letters.has(note.id);
      if (!mine) continue;
      if (note.step === 8) { sent.add(note.id); times.set(8, note.at_ms); } else if (!times.has(note.step)) times.set(note.step, note.at_ms);
    }
    return { times, letters: letters.size, sent: sent.size };
  },
  draw() {
    const entry = entries.get(this.message);
    if (!entry) return;
    const { times, letters, sent } = this.way(entry);
    const first = times.get(1);
    // A press is often answered on its card, with the answer to the platform: no letter of its own leaves.
    const onCard = entry.kind === "press" && times.has(7) && !letters;
    const shown = entry.text.length > 22 ? `${entry.text.slice(0, 22)}…` : entry.text || t.kinds[entry.kind] || entry.kind;
    const parts = [fill(t.steps_of, { text: shown })];
    if (entry.state === "unheard") parts.push(t.steps_unheard);
    else if (this.off) parts.push(t.steps_off);
    else if (!times.size) parts.push(entry.state === "pending" ? t.steps_waiting : t.steps_private);
    else if (!times.has(7)) parts.push(t.steps_kept);
    else if (sent < letters) parts.push(fill(t.steps_unsent, { count: letters - sent }));
    else if (onCard) parts.push(t.steps_on_card);
    else if (times.has(8)) parts.push(fill(t.steps_fast, { ms: Math.max(1, Math.round(times.get(8) - first)) }));
    byId("steps-of").textContent = parts.join(" · ");
    for (const line of byId("steps").querySelectorAll("li")) {
      const step = Number(line.dataset.step);
      const at = times.get(step);
      line.classList.toggle("past", at !== undefined || onCard);
      line.classList.toggle("wait", at === undefined && !onCard && times.has(step - 1));
      let words = "";
      if (at !== undefined && first !== undefined) words = fill(t.ms, { ms: (at - first).toFixed(at - first < 100 ? 1 : 0) });
      if (step === 3 && at !== undefined) words += ` · ${t.answered_here}`;
      if (step === 8 && letters > 1) words = `${words} ${fill(t.steps_replies, { done: sent, all: letters })}`.trim();
      line.querySelector("i").textContent = words;
    }
  },
};

/* ---- faults ---- */

const QPS = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi";
const RULES = {
  net: [{ api: given.platform === "wecom" ? "/cgi-bin/*" : "/*", kind: "refuse" }],
  limit: given.platform === "wecom"
    ? [{ api: "/cgi-bin/*", kind: "code", value: 45009, share: 0.3 }]
    : [{ api: "/v1.0/robot/*", kind: "code", value: QPS, share: 0.7 }, { api: "/v1.0/card/*", kind: "code", value: QPS, share: 0.7 }],
  slow: [{ api: "/*", kind: "slow", value: 1500 }],
  double: [{ api: "push:*", kind: "duplicate" }],
};

const faults = {
  on: new Set(given.faults),
  refused: null,
  before: 0,
  child: null,
  killed: null,
  note: "",
  async toggle(name) {
    if (this.on.has(name)) this.on.delete(name); else this.on.add(name);
    const rules = Object.keys(RULES).filter((key) => this.on.has(key)).flatMap((key) => RULES[key]);
    const problem = await tried("/_control/faults", { seed: 1, rules });
    if (problem !== null) {
      this.on.delete(name);
      this.note = fill(t.fault_failed, { reason: problem });
    } else {
      this.before = this.refused || 0;
      this.note = this.on.has(name) ? t[`help_${name}`] : "";
    }
    this.draw();
  },
  count(refused) {
    if (this.refused === null) this.before = refused;
    this.refused = refused;
    this.draw();
  },
  async kill() {
    try {
      const answer = await post("/_sandbox/kill");
      this.note = answer.killed ? t.killed : t.not_killed;
      if (answer.killed) this.killed = this.child;
    } catch (_error) {
      this.note = t.offline;
    }
    this.draw();
    steps.poke();
    if (this.killed !== null) this.until();
  },
  async until() {
    for (let look = 0; look < 120 && this.killed !== null; look += 1) {
      await pause(250);
      try { this.alive(await (await fetch("/_sandbox/trace?since=999999999")).json()); } catch (_error) { /* ask again */ }
    }
  },
  alive({ up, child }) {
    if (!up || !child) return;
    if (this.killed !== null && child !== this.killed) {
      this.killed = null;
      this.note = fill(t.revived, { pid: child });
      this.draw();
      steps.poke();
    }
    this.child = child;
  },
  draw() {
    for (const button of byId("faults").querySelectorAll("[data-fault]")) button.setAttribute("aria-pressed", String(this.on.has(button.dataset.fault)));
    const last = [...this.on].pop();
    let words = this.note || (last ? t[`help_${last}`] : t.help_none);
    const held = (this.refused || 0) - this.before;
    if ((this.on.has("net") || this.on.has("limit")) && held > 0) words += fill(t.help_refused, { count: held });
    if (byId("fault-note").textContent !== words) byId("fault-note").textContent = words;
  },
};
for (const button of byId("faults").querySelectorAll("[data-fault]")) button.addEventListener("click", () => faults.toggle(button.dataset.fault));
if (byId("kill")) byId("kill").addEventListener("click", () => faults.kill());

/* ---- everything that moves ---- */

const at = { seen: 0, said: 0, pushed: 0 };

function take(events) {
  clock.set(events.now);
  for (const push of events.pushes) pushes.set(push.message, [...(pushes.get(push.message) || []), push]);
  const news = [...events.entries.map((entry) => ({ entry, at: entry.at, rank: 0 })), ...events.items.map((item) => ({ item, at: item.at, rank: 1 }))];
  news.sort((one, two) => (one.at < two.at ? -1 : one.at > two.at ? 1 : one.rank - two.rank));
  let latest = null;
  for (const { entry, item } of news) {
    if (entry) {
      const phone = phones.find((one) => one.about.chat === entry.chat);
      if (!phone) continue;
      if (!entries.has(entry.message)) latest = entry.message;
      entries.set(entry.message, entry);
      phone.said(entry);
    } else {
      items.push(item);
      const phone = phoneOfItem(item);
      if (phone) phone.saw(item);
    }
  }
  for (const push of events.pushes) phones.forEach((phone) => phone.pushed(push.message));
  Object.assign(at, { seen: events.seen, said: events.said, pushed: events.pushed });
  faults.count(events.refused);
  guide.draw();
  if (latest !== null) steps.follow(latest, false);
  else if (news.length) steps.poke();
}

async function live() {
  let wait = 0;
  for (;;) {
    try {
      const answer = await fetch(`/_sandbox/events?seen=${at.seen}&said=${at.said}&pushed=${at.pushed}&wait_ms=${wait}`);
      if (!answer.ok) throw new Error(String(answer.status));
      take(await answer.json());
      byId("offline").hidden = true;
      document.body.dataset.ready = "true";
      tabs.quiet = false;
      wait = 15000;
    } catch (_error) {
      byId("offline").hidden = false;
      await pause(1000);
    }
  }
}

tabs.show(document.body.dataset.tab);
faults.draw();
guide.draw();
steps.poke();
live();
