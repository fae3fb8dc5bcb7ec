// Slack's own JavaScript library against the workspace: a socket, a command, a post, a button, a form, an event.
const bolt = require("@slack/bolt");

const { SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: appToken, SLACK_API_URL: slackApiUrl } = process.env;
const app = new bolt.App({ token, appToken, socketMode: true, logLevel: "error", clientOptions: { slackApiUrl } });
const button = { type: "button", action_id: "go", value: "1", text: { type: "plain_text", text: "Go" } };
const element = { type: "plain_text_input", action_id: "title" };
const label = { type: "plain_text", text: "Title" };
const view = {
  type: "modal", callback_id: "form", title: label, submit: label, blocks: [{ type: "input", block_id: "b", label, element }],
};

app.command("/dr", async ({ ack, command, client }) => {
  await ack(`You said ${command.text}`);
  await client.chat.postMessage({ channel: "C0OPS", text: "card", blocks: [{ type: "actions", elements: [button] }] });
});
app.action("go", async ({ ack, body, client, respond }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view });
  await respond({ text: `clicked by ${body.user.id}`, replace_original: true });
});
app.view("form", async ({ ack, view }) => {
  const { value } = view.state.values.b.title;
  await ack(value === "short" ? { response_action: "errors", errors: { b: "Say more." } } : undefined);
});
app.event("reaction_added", async ({ event, client }) => {
  await client.conversations.setTopic({ channel: event.item.channel, topic: event.reaction });
});
app.start().then(() => console.log("ready"));
