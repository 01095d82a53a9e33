"use strict";
// The platform's script as far as toolbar pages use it; the emulator knows which group is open.
window.ww = (() => {
  let registered = Promise.reject(new Error("not registered"));
  registered.catch(() => undefined);
  const ask = async (what, body) => {
    const answer = await fetch("@BASE@/_jssdk/" + what, {
      method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(body || {}),
    });
    const said = await answer.json();
    if (said.errCode !== 0) throw said;
    return said;
  };
  const sign = async (options, which, signer) => {
    const url = location.href.split("#")[0];
    const signed = await signer(url);
    await ask("register", { kind: which, corpId: options.corpId, agentId: options.agentId, url, ...signed });
  };
  const register = (options) => {
    const ready = async () => {
      if (options.getConfigSignature) {
        await sign(options, "corp", options.getConfigSignature);
        if (options.onConfigSuccess) options.onConfigSuccess({ errMsg: "ok" });
      }
      if (options.getAgentConfigSignature) {
        await sign(options, "agent", options.getAgentConfigSignature);
        if (options.onAgentConfigSuccess) options.onAgentConfigSuccess({ errMsg: "ok" });
      }
    };
    registered = ready().catch((error) => {
      const fail = options.onAgentConfigFail || options.onConfigFail;
      if (fail) fail(error);
      throw error;
    });
    registered.catch(() => undefined);
    return registered;
  };
  const after = (what) => async (body) => {
    await registered;
    return ask(what, body);
  };
  return {
    register,
    getContext: after("context"),
    getCurExternalChat: after("chat"),
    sendChatMessage: after("send"),
  };
})();
