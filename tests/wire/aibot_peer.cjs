// Somebody else's program: the platform's own client package for Node, unchanged, with handlers as in its examples.
// It says what happened to it as JSON lines on its output.
'use strict';
const { WSClient, generateReqId } = require(process.env.SDK);
const crypto = require('crypto');

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const client = new WSClient({
  botId: process.env.BOT_ID,
  secret: process.env.BOT_SECRET,
  wsUrl: process.env.WS_URL,
  reconnectInterval: 20,
  heartbeatInterval: 200,
  maxAuthFailureAttempts: 2,
  logger: quiet,
});
const card = (task, button) => ({
  card_type: 'button_interaction',
  main_title: { title: '报名' },
  task_id: task,
  button_list: [{ text: button, style: 1, key: 'k1' }],
});

client.on('authenticated', () => say({ got: 'open' }));
client.on('error', (error) => say({ got: 'error', says: error.message }));
client.on('event.disconnected_event', () => say({ got: 'driven out' }));
client.on('message.text', async (frame) => {
  const words = frame.body.text.content;
  try {
    if (words.endsWith('卡片')) await client.replyTemplateCard(frame, card('task-1', '报名'));
    else if (words.endsWith('主动')) {
      await client.sendMessage(frame.body.chatid, { msgtype: 'markdown', markdown: { content: '我先说' } });
    } else if (words.endsWith('文件')) {
      const up = await client.uploadMedia(Buffer.alloc(700000, 'x'), { type: 'file', filename: 'a.txt' });
      await client.replyMedia(frame, 'file', up.media_id);
    } else {
      const id = generateReqId('stream');
      await client.replyStream(frame, id, '稍等', false);
      await client.replyStream(frame, id, `你说 ${words}`, true);
    }
    say({ got: 'text', words, chat: frame.body.chatid || null, from: frame.body.from.userid });
  } catch (error) {
    say({ got: 'refusal', code: error.errcode || 0 });
  }
});
client.on('message.image', async (frame) => {
  const { buffer } = await client.downloadFile(frame.body.image.url, frame.body.image.aeskey);
  say({ got: 'image', sha256: crypto.createHash('sha256').update(buffer).digest('hex') });
});
client.on('event.template_card_event', async (frame) => {
  const event = frame.body.event.template_card_event;
  await client.updateTemplateCard(frame, card(event.task_id, '已报名'));
  say({ got: 'press', key: event.event_key, task: event.task_id });
});
client.connect();
process.stdin.on('end', () => process.exit(0)).resume();
