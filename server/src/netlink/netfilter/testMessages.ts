import { readMessages, type Message } from '../message.ts';
import { recorded } from './netfilter.fixtures.ts';

/** The messages of a recording. */
export const recordedMessages = (name: keyof typeof recorded): Message[] =>
  readMessages(Buffer.from(recorded[name], 'hex'));

/** What a decoder makes of the messages of a recording, without those that it does not know. */
export const decoded = <T>(
  name: keyof typeof recorded,
  decode: (message: Message) => T | undefined,
): T[] => recordedMessages(name).flatMap((message) => decode(message) ?? []);
