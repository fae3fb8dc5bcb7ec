/* Replies stand below the message that they answer. */

/** `messages` by time, each followed by its replies. */
export function inThreads(messages) {
  const known = new Set(messages.map(({ ts }) => ts));
  const answers = (message) => message.thread_ts && message.thread_ts !== message.ts && known.has(message.thread_ts);
  const replies = Map.groupBy(messages.filter(answers), ({ thread_ts: root }) => root);
  return messages.filter((message) => !answers(message)).flatMap((message) => [message, ...(replies.get(message.ts) ?? [])]);
}
