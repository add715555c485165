// @ts-check
// What moves on the page: the cursor, the table, the sliders, and what the server sends. Pictures and texts come from the server; nothing is drawn here.

/** @typedef {{at: number, tasks: number, healthy: number, old: number, new: number}} Count */
/** @typedef {{parts: Record<string, string>, counts: Count[], live?: boolean, busy?: boolean, question?: string, confirm?: string, command?: string, fingerprint?: string, error?: string, hints?: string[]}} Frame */

const SVG = "http://www.w3.org/2000/svg";

/** @param {number} seconds @returns {string} m:ss, or h:mm:ss from an hour on */
export function clock(seconds) {
  const whole = Math.round(seconds);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (whole >= 3600) return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

/** @template {Element} T @param {ParentNode} root @param {string} selector @param {new () => T} type @returns {T} */
function find(root, selector, type) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** @param {Element} e @param {string} name @returns {number} */
const number = (e, name) => Number(e.getAttribute(`data-${name}`));

/** A picture with its texts, and one cursor over all of them. */
class Stage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {Count[]} */
    this.counts = [];
    /** @type {number | null} seconds since the beginning */
    this.at = null;
    /** @type {number | null} the event that the arrow keys stand on */
    this.event = null;
    this.picture = find(root, "[data-part=picture]", HTMLElement);
    this.table = find(root, "[data-part=table]", HTMLElement);
    this.events = find(root, "[data-part=events]", HTMLElement);
    this.output = find(root, "[data-cursor]", HTMLElement);
    this.lanes = find(root, "[data-lanes]", HTMLElement);
    /** asks for the picture anew @type {() => void} */
    this.again = () => {};
    /** hears of each move of the cursor @type {(at: number) => void} */
    this.moved = () => {};
    this.lanes.addEventListener("click", () => {
      this.lanes.setAttribute("aria-pressed", String(this.lanes.getAttribute("aria-pressed") !== "true"));
      this.again();
    });
    const data = root.dataset.frame;
    if (data) this.counts = JSON.parse(data).counts;
    this.picture.addEventListener("pointermove", (e) => this.point(e));
    this.picture.addEventListener("pointerdown", (e) => this.point(e));
    this.picture.addEventListener("pointerover", (e) => this.light(e.target));
    this.events.addEventListener("click", (e) => this.choose(e.target));
    this.events.addEventListener("pointerover", (e) => this.name(e.target));
    root.addEventListener("keydown", (e) => this.key(e));
    for (const button of root.querySelectorAll("[data-show]")) button.addEventListener("click", () => this.show(/** @type {HTMLElement} */ (button)));
  }

  /** @param {Frame} frame */
  take(frame) {
    for (const [part, html] of Object.entries(frame.parts)) {
      const place = this.root.querySelector(`[data-part=${part}]`);
      if (place && place.innerHTML !== html) place.innerHTML = html;
    }
    this.counts = frame.counts;
    if (this.svg()?.hasAttribute("data-folded")) this.lanes.hidden = false;
    if (this.at !== null) this.move(this.at);
  }

  width() { return Math.max(Math.round(this.picture.clientWidth || this.root.clientWidth - 40), 280); }

  /** What the server has to know of the picture. @param {URLSearchParams} [query] */
  look(query = new URLSearchParams()) {
    query.set("width", String(this.width()));
    if (this.lanes.getAttribute("aria-pressed") === "true") query.set("lanes", "all");
    return query;
  }

  svg() { return this.picture.querySelector("svg.timeline:not(.narrow), svg.timeline"); }

  /** the pictures that are there: a report has one for narrow screens, too */
  shown() { return [...this.picture.querySelectorAll("svg.timeline")].filter((svg) => svg.getBoundingClientRect().width > 0); }

  /** @param {PointerEvent} e */
  point(e) {
    const [svg] = this.shown();
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    const scale = box.width / Number(svg.getAttribute("viewBox")?.split(" ")[2]);
    const x = (e.clientX - box.left) / scale - number(svg, "left");
    const at = (x / number(svg, "width")) * number(svg, "until");
    if (at >= 0 && at <= number(svg, "until")) {
      this.event = null;
      this.move(at);
      this.moved(at);
    }
  }

  /** @param {number} at */
  move(at) {
    this.at = at;
    for (const svg of this.shown()) {
      const x = number(svg, "left") + (number(svg, "width") * at) / number(svg, "until");
      let line = svg.querySelector(".at");
      if (!line) {
        line = svg.appendChild(document.createElementNS(SVG, "line"));
        line.setAttribute("class", "at");
        line.setAttribute("y1", "18");
        line.setAttribute("y2", String(number(svg, "bottom")));
      }
      line.setAttribute("x1", String(x));
      line.setAttribute("x2", String(x));
      for (const mark of svg.querySelectorAll(".event")) mark.classList.toggle("lit", Math.abs(number(mark, "at") - at) < 0.5);
    }
    const items = this.items();
    let last = this.event;
    if (last === null) last = items.findLastIndex((li) => number(li, "at") <= at + 0.001);
    for (const [i, li] of items.entries()) li.classList.toggle("now", i === last);
    const chosen = items[last];
    if (chosen) this.events.scrollTop = Math.max(0, chosen.offsetTop - this.events.offsetTop - this.events.clientHeight / 2);
    this.say(at);
  }

  items() { return [...this.events.querySelectorAll("li[data-at]")].map((li) => /** @type {HTMLElement} */ (li)); }

  /** @param {number} at */
  say(at) {
    const count = this.counts.findLast((c) => c.at <= at) ?? this.counts[0];
    const [title, text] = [find(this.output, "b", HTMLElement), find(this.output, "span", HTMLElement)];
    const begin = this.shown()[0]?.getAttribute("data-begin");
    title.textContent = `At ${begin ? new Date(Date.parse(begin) + at * 1000).toISOString().slice(11, 19) : clock(at)}`;
    if (!count) return;
    text.textContent = `${count.tasks} tasks · ${count.healthy} healthy: ${count.old} old, ${count.new} new`;
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    if (e.target instanceof HTMLInputElement || e.altKey || e.ctrlKey || e.metaKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    const items = this.items();
    if (!step || items.length === 0) return;
    e.preventDefault();
    const at = this.at ?? -1;
    let next = (this.event ?? (step > 0 ? items.findLastIndex((li) => number(li, "at") <= at) : items.findIndex((li) => number(li, "at") >= at))) + step;
    if (this.event === null && step < 0 && next < -1) next = items.length - 1;
    this.event = Math.min(Math.max(next, 0), items.length - 1);
    const li = items[this.event];
    if (!li) return;
    this.move(number(li, "at"));
    this.moved(number(li, "at"));
    this.name(li);
    const text = find(this.output, "span", HTMLElement);
    text.textContent = `${text.textContent}. ${li.querySelector("span")?.textContent ?? ""}`;
  }

  /** @param {EventTarget | null} target */
  choose(target) {
    const li = target instanceof Element ? target.closest("li[data-at]") : null;
    if (!li) return;
    this.event = this.items().indexOf(/** @type {HTMLElement} */ (li));
    this.move(number(li, "at"));
  }

  /** Lights the events that name the lane under the pointer. @param {EventTarget | null} target */
  light(target) {
    const lane = target instanceof Element ? target.closest(".lane") : null;
    const name = lane?.getAttribute("data-of") === "1" ? lane.getAttribute("data-name") : null;
    for (const li of this.items()) li.classList.toggle("lit", !!name && names(li).includes(name));
  }

  /** Lights the lanes that the event under the pointer names. @param {EventTarget | null} target */
  name(target) {
    const li = target instanceof Element ? target.closest("li[data-at]") : null;
    const wanted = li ? names(li) : [];
    for (const lane of this.picture.querySelectorAll(".lane")) lane.classList.toggle("lit", wanted.includes(lane.getAttribute("data-name") ?? ""));
  }

  /** @param {HTMLElement} button */
  show(button) {
    const table = button.dataset.show === "table";
    this.picture.hidden = table;
    this.table.hidden = !table;
    for (const each of this.root.querySelectorAll("[data-show]")) each.setAttribute("aria-pressed", String(each === button));
  }
}

/** The tasks that an event names. @param {Element} li @returns {string[]} */
const names = (li) => (li.getAttribute("data-tasks") ?? "").split(" ").filter(Boolean);

/** Calls back once things are quiet for a moment. @param {() => void} call @param {number} ms */
function quiet(call, ms) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, ms);
  };
}

/** Follows a service. @param {HTMLElement} root @param {Stage} stage */
function follow(root, stage) {
  const pulse = find(document, ".pulse", HTMLElement);
  let heard = 0;
  let live = true;
  /** @type {boolean | undefined} */
  let busy;
  /** @type {EventSource | undefined} */
  let source;
  const say = (/** @type {string} */ state, /** @type {string} */ text) => {
    pulse.dataset.pulse = state;
    if (pulse.textContent !== text) pulse.textContent = text;
  };
  const age = () => {
    if (!heard || pulse.dataset.pulse === "lost") return;
    const seconds = Math.floor((performance.now() - heard) / 1000);
    say(live ? "live" : "ended", `${live ? "live" : "ended"}, ${seconds < 1 ? "now" : `${clock(seconds)} ago`}`);
  };
  const open = () => {
    source?.close();
    source = new EventSource(`${root.dataset.frames}?${stage.look()}`);
    source.addEventListener("frame", (e) => {
      const frame = /** @type {Frame} */ (JSON.parse(e.data));
      heard = performance.now();
      live = frame.live ?? false;
      pulse.dataset.pulse = "live";
      const began = performance.now();
      stage.take(frame);
      document.body.dataset.drawn = String(Math.round(performance.now() - began));
      if (busy !== frame.busy) document.dispatchEvent(new CustomEvent("busy", { detail: frame.busy }));
      busy = frame.busy;
      age();
    });
    source.addEventListener("error", () => {
      const since = heard ? `, shown as of ${clock((performance.now() - heard) / 1000)} ago` : "";
      say("lost", `disconnected, retrying${since}`);
      if (source?.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    });
  };
  open();
  stage.again = open;
  setInterval(age, 1000);
  let width = stage.width();
  new ResizeObserver(quiet(() => {
    if (stage.picture.hidden || Math.abs(stage.width() - width) < 8) return;
    width = stage.width();
    open();
  }, 250)).observe(stage.root);
}

/** What a form asks for beyond what is usual: a field with the value that it had at first is not sent. @param {HTMLFormElement} form */
function given(form) {
  const all = new URLSearchParams({ operation: form.dataset.operation ?? "" });
  for (const field of form.elements) {
    if (field instanceof HTMLSelectElement && field.value !== ([...field.options].find((o) => o.defaultSelected) ?? field.options[0])?.value) all.set(field.name, field.value);
    if (field instanceof HTMLTextAreaElement && field.value.trim()) all.set(field.name, field.value);
    if (!(field instanceof HTMLInputElement)) continue;
    if (field.type === "checkbox" ? field.checked : field.value !== field.defaultValue) all.set(field.name, field.value);
  }
  return all;
}

/** Plans operations, and starts them where that is allowed. @param {HTMLElement} root @param {Stage} stage */
function plan(root, stage) {
  const forms = /** @type {HTMLFormElement[]} */ ([...root.querySelectorAll("form[data-operation]")]);
  const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-operate]")]);
  const shown = find(root, "[data-planned]", HTMLElement);
  const begin = root.querySelector("[data-ask]");
  const dialog = find(root, "dialog", HTMLDialogElement);
  const refused = find(dialog, "[data-refused]", HTMLElement);
  const running = document.querySelector("[data-running]");
  let [form] = forms;
  /** what was planned last, and what it was asked by @type {{frame: Frame, asked: URLSearchParams} | undefined} */
  let planned;
  let busy = false;
  let asked = 0;
  const tell = () => {
    for (const input of root.querySelectorAll("input[type=range]")) find(root, `output[for=${input.id}]`, HTMLOutputElement).textContent = /** @type {HTMLInputElement} */ (input).value;
  };
  const look = async () => {
    if (!form) return;
    asked++;
    if (busy) return;
    busy = true;
    for (let mine = 0; mine !== asked; ) {
      mine = asked;
      shown.hidden = false;
      const wanted = given(form);
      const answer = await fetch(`${root.dataset.plan}?${stage.look(new URLSearchParams(wanted))}`);
      const frame = /** @type {Frame} */ (await answer.json());
      planned = answer.ok && frame.confirm ? { frame, asked: wanted } : undefined;
      stage.take(answer.ok ? frame : { counts: [], parts: { lead: "", figures: "", picture: "", events: "", table: "" } });
      stage.root.classList.toggle("bare", !frame.parts?.picture);
      if (!answer.ok) find(stage.root, "[data-part=lead]", HTMLElement).replaceChildren(...[frame.error ?? "", ...(frame.hints ?? [])].map((text, i) => {
        const p = document.createElement("p");
        p.className = i === 0 ? "bad" : "note";
        p.textContent = text;
        return p;
      }));
      if (begin instanceof HTMLButtonElement) {
        begin.disabled = !planned;
        begin.textContent = `${form.dataset.title ?? "Begin"}…`;
      }
    }
    busy = false;
    shown.dataset.of = given(form).toString();
  };
  const ask = () => {
    if (!planned) return;
    const { confirm, question } = planned.frame;
    find(dialog, "[data-question]", HTMLElement).textContent = question ?? "";
    find(dialog, "[data-name]", HTMLElement).hidden = confirm === "yes";
    find(dialog, "[data-name] b", HTMLElement).textContent = confirm ?? "";
    find(dialog, "input", HTMLInputElement).value = "";
    refused.textContent = "";
    dialog.showModal();
  };
  const choose = (/** @type {string | undefined} */ name) => {
    form = forms.find((f) => f.dataset.operation === name);
    for (const each of forms) each.hidden = each !== form;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.operate === name));
    planned = undefined;
    return look();
  };
  tell();
  const again = quiet(() => void look(), 150);
  for (const each of forms) {
    each.addEventListener("input", (e) => {
      tell();
      if (!(e.target instanceof HTMLInputElement && e.target.type === "text") && !(e.target instanceof HTMLTextAreaElement)) again();
    });
    each.addEventListener("change", again);
    each.addEventListener("submit", (e) => {
      e.preventDefault();
      void look();
    });
  }
  for (const tab of tabs) tab.addEventListener("click", async () => {
    await choose(tab.dataset.operate);
    if (tab.closest("[data-running]")) {
      if (planned) ask();
      else root.classList.remove("busy");
    }
  });
  stage.again = () => void look();
  document.addEventListener("busy", (e) => {
    const now = e instanceof CustomEvent && e.detail;
    if (running instanceof HTMLElement) running.hidden = !now;
    root.classList.toggle("busy", now);
    if (!now) void choose(form && form.dataset.operation !== "abort" ? form.dataset.operation : forms[0]?.dataset.operation);
  });
  let width = 0;
  new ResizeObserver(quiet(() => {
    if (shown.hidden || stage.picture.hidden || root.classList.contains("busy") || Math.abs(stage.width() - width) < 8) return;
    width = stage.width();
    void look();
  }, 250)).observe(root);
  begin?.addEventListener("click", ask);
  find(dialog, "form", HTMLFormElement).addEventListener("submit", async (e) => {
    const button = e.submitter;
    if (!(button instanceof HTMLButtonElement) || button.value !== "yes" || !planned) return;
    e.preventDefault();
    const body = new URLSearchParams(planned.asked);
    body.set("fingerprint", planned.frame.fingerprint ?? "");
    body.set("confirm", planned.frame.confirm === "yes" ? "yes" : find(dialog, "input", HTMLInputElement).value);
    button.disabled = true;
    const answer = await fetch(root.dataset.begin ?? "", { method: "POST", body });
    button.disabled = false;
    if (!answer.ok) {
      refused.textContent = (await answer.json()).error;
      return;
    }
    dialog.close();
    scrollTo({ top: 0, behavior: "smooth" });
  });
}

/** Runs settings on paper while sliders move. @param {HTMLElement} root @param {Stage[]} stages */
function whatIf(root, stages) {
  const form = find(document, "[data-settings]", HTMLFormElement);
  const drop = find(document, "[data-drop]", HTMLElement);
  const sees = find(root, "[data-sees-text]", HTMLElement);
  const command = find(root, "[data-command]", HTMLElement);
  const inputs = [...form.querySelectorAll("input"), ...form.querySelectorAll("select")];
  const read = () => Object.fromEntries(inputs.map((i) => [i.name, i.value]));
  const fill = (/** @type {Record<string, string>} */ setting) => {
    for (const input of inputs) {
      input.value = setting[input.name] ?? input.value;
      const said = form.querySelector(`output[for=${input.id}]`);
      if (said) said.textContent = input.value;
    }
    const method = find(form, "#method", HTMLSelectElement).selectedOptions[0]?.text ?? "";
    for (const slider of form.querySelectorAll("[data-for]")) {
      const wanted = slider.getAttribute("data-for")?.split(" ") ?? [""];
      if (slider instanceof HTMLElement) slider.hidden = wanted[0] !== "" && !wanted.includes(method);
    }
  };
  /** @type {{a: Record<string, string>, b: Record<string, string> | null}} */
  const settings = { a: read(), b: null };
  /** @type {"a" | "b"} */
  let side = "a";
  let asked = 0;
  let busy = false;
  const query = () => {
    const all = new URLSearchParams();
    for (const s of /** @type {const} */ (["a", "b"])) for (const [name, value] of Object.entries(settings[s] ?? {})) all.set(`${s}.${name}`, value);
    return all;
  };
  const run = async () => {
    asked++;
    if (busy) return;
    busy = true;
    for (let mine = 0; mine !== asked; ) {
      mine = asked;
      const all = query();
      history.replaceState(null, "", `?${all}`);
      root.classList.toggle("both", !!settings.b);
      stages[0]?.look(all);
      const began = performance.now();
      const answer = await fetch(`${root.dataset.runs}?${all}`);
      const frames = /** @type {{a: Frame, b?: Frame}} */ (await answer.json());
      if (!answer.ok) break;
      stages[0]?.take(frames.a);
      if (stages[1]) stages[1].root.hidden = !frames.b;
      if (frames.b) stages[1]?.take(frames.b);
      command.textContent = (side === "b" ? frames.b : frames.a)?.command ?? "";
      document.body.dataset.drawn = String(Math.round(performance.now() - began));
    }
    busy = false;
  };
  const edit = (/** @type {"a" | "b"} */ which) => {
    side = which;
    if (side === "b" && !settings.b) settings.b = { ...settings.a };
    fill(settings[side] ?? settings.a);
    drop.hidden = !settings.b;
    for (const button of document.querySelectorAll("[data-edit]")) button.setAttribute("aria-pressed", String(button.getAttribute("data-edit") === side));
  };
  form.addEventListener("input", () => {
    settings[side] = read();
    fill(read());
    sees.hidden = true;
    for (const each of document.querySelectorAll("[data-preset]")) each.setAttribute("aria-pressed", "false");
    void run();
  });
  for (const button of document.querySelectorAll("[data-edit]")) button.addEventListener("click", () => {
    edit(button.getAttribute("data-edit") === "b" ? "b" : "a");
    void run();
  });
  drop.addEventListener("click", () => {
    settings.b = null;
    edit("a");
    void run();
  });
  for (const button of document.querySelectorAll("[data-preset]")) button.addEventListener("click", () => {
    settings[side] = Object.fromEntries(new URLSearchParams(button.getAttribute("data-preset") ?? ""));
    fill(settings[side] ?? {});
    sees.textContent = button.getAttribute("data-sees");
    sees.hidden = false;
    for (const each of document.querySelectorAll("[data-preset]")) each.setAttribute("aria-pressed", String(each === button));
    void run();
  });
  const given = new URLSearchParams(location.search);
  for (const s of /** @type {const} */ (["a", "b"])) {
    const mine = [...given].filter(([k]) => k.startsWith(`${s}.`)).map(([k, v]) => [k.slice(2), v]);
    if (mine.length > 0) settings[s] = { ...settings.a, ...Object.fromEntries(mine) };
  }
  if (given.size > 0) sees.hidden = true;
  edit("a");
  void run();
  for (const stage of stages) {
    stage.again = () => void run();
    stage.moved = (at) => { // one cursor over both
      for (const other of stages) if (other !== stage && !other.root.hidden) {
        other.event = null;
        other.move(at);
      }
    };
  }
  let width = stages[0]?.width();
  new ResizeObserver(quiet(() => {
    if (stages[0]?.picture.hidden || stages[0]?.width() === width) return;
    width = stages[0]?.width();
    void run();
  }, 200)).observe(root);
}

const stages = [...document.querySelectorAll(".stage")].map((root) => new Stage(/** @type {HTMLElement} */ (root)));
const frames = document.querySelector("[data-frames]");
if (frames instanceof HTMLElement && stages[0]) follow(frames, stages[0]);
const planning = document.querySelector("[data-plan]");
if (planning instanceof HTMLElement && stages[1]) plan(planning, stages[1]);
const runs = document.querySelector("[data-runs]");
if (runs instanceof HTMLElement) whatIf(runs, stages);
document.body.dataset.ready = "yes";
