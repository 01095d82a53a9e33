"use strict";
// Which group is open, what waits for it, and one tap; every word shown comes from the server.
(function () {
  var page = document.getElementById("toolbar");
  var say = document.getElementById("say");
  var help = document.getElementById("help");
  var words = document.getElementById("words");
  var send = document.getElementById("send");
  var again = document.getElementById("again");
  var copy = document.getElementById("copy");
  var copied = document.getElementById("copied");
  var told = page.dataset;
  var chat = "", now = null, busy = false;

  function show(text, canSend, canLook) {
    say.textContent = text;
    say.hidden = false;
    help.hidden = true;
    send.hidden = !canSend;
    again.hidden = !canLook;
    keep();
  }

  // Whatever else goes wrong, the words that are shown can be copied.
  function keep() {
    copy.hidden = words.hidden;
    copied.textContent = "";
  }

  function toClipboard() {
    function bySelection() {
      getSelection().selectAllChildren(words);
      try { return document.execCommand("copy"); } catch (error) { return false; }
    }
    if (!navigator.clipboard) return Promise.resolve(bySelection());
    return navigator.clipboard.writeText(words.textContent).then(function () { return true; }, bySelection);
  }

  function later(ms) {
    return new Promise(function (done) { setTimeout(done, ms); });
  }

  function post(step, fields) {
    var body = new URLSearchParams(fields);
    body.set("form", told.form);
    return fetch("/h5/toolbar/" + step, { method: "POST", body: body, credentials: "same-origin" }).then(
      function (answer) {
        if (answer.headers.get("Content-Type").indexOf("application/json") !== 0) {
          return answer.text().then(function (html) {
            var lead = new DOMParser().parseFromString(html, "text/html").querySelector(".lead");
            throw { said: lead ? lead.textContent : told.broken, status: answer.status };
          });
        }
        return answer.json();
      });
  }

  function failed(error) {
    show(error && error.said || told.broken, false, Boolean(chat));
  }

  function shown(answer) {
    now = answer;
    words.textContent = answer.words;
    words.hidden = !answer.words;
    show(answer.text, answer.state === "ready", answer.state === "wait");
  }

  function look() {
    show(told.opening, false, false);
    return post("open", { chat: chat }).then(shown);
  }

  function fields(of) {
    return { chat: chat, task: of.task, version: String(of.version), page: of.page, proof: of.proof };
  }

  // Until the platform has given it up, and the server has said that this page is the one.
  function take(of, left) {
    return post("take", fields(of)).then(function (answer) {
      show(answer.text, false, false);
      if (answer.state !== "pending") return answer;
      if (left <= 0) throw { said: told.slow };
      return later(1500).then(function () { return take(of, left - 1); });
    });
  }

  function tell(of, result, left) {
    return post("told", Object.assign(fields(of), { result: result })).catch(function (error) {
      if (left <= 0 || error && error.status && error.status < 429) throw error;
      return later(2000).then(function () { return tell(of, result, left - 1); });
    });
  }

  function given(of, text) {
    return ww.sendChatMessage({ msgtype: "text", text: { content: text } }).then(
      function () { return tell(of, "sent", 5); },
      function () { return tell(of, "failed", 5); }
    ).then(function (answer) {
      if (answer.state === "sent") words.hidden = true;
      show(answer.text, false, answer.state !== "sent");
    });
  }

  function tapped() {
    if (busy || !now || now.state !== "ready") return;
    busy = true;
    var of = now, text = now.words;
    now = null;
    show(told.opening, false, false);
    take(of, 12).then(function (answer) {
      if (answer.state === "go") return given(of, text);
      words.hidden = true;
      show(answer.text, false, answer.state !== "sent");
    }).catch(failed).then(function () { busy = false; });
  }

  send.addEventListener("click", tapped);
  copy.addEventListener("click", function () {
    toClipboard().then(function (done) { copied.textContent = done ? copied.dataset.done : copied.dataset.byHand; });
  });
  again.addEventListener("click", function () { if (!busy) look().catch(failed); });

  if (typeof ww === "undefined" || !told.signed) return; // what stands there says where to open it
  var signed = JSON.parse(told.signed);
  show(told.opening, false, false);
  ww.register({
    corpId: told.corp,
    agentId: told.agent,
    jsApiList: ["getCurExternalChat", "sendChatMessage"],
    getConfigSignature: function () { return signed.corp; },
    getAgentConfigSignature: function () { return signed.agent; },
    onConfigFail: function () { show(told.unsigned, false, false); },
    onAgentConfigFail: function () { show(told.unsigned, false, false); }
  });
  ww.getCurExternalChat().then(function (answer) {
    chat = String(answer.chatId || "");
    return look();
  }).catch(function (error) {
    if (chat) return failed(error);
    say.hidden = true;
    help.hidden = false;
    return post("own", {}).then(function (answer) {
      words.textContent = answer.words;
      words.hidden = !answer.words;
      keep();
    }).catch(function () { return undefined; });
  });
})();
