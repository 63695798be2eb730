/** Somebody who has something to write. */
export interface Sender {
  send(): void;
}

/** With more the others would have nothing to do meanwhile. */
const most = 8;

/**
 * Has what is written in one turn of the event loop leave together, eight at a time. Each write to a process that
 * sleeps wakes it up, which costs as much as all the rest of a write; the second of two finds it awake.
 */
export class Bursts {
  #senders: Sender[] = [];
  #isDue = false;
  readonly #sendRest = () => {
    this.#isDue = false;
    this.#send();
  };

  /** Its `send` is called before this turn is over. It throws nothing. */
  add(sender: Sender): void {
    if (this.#senders.push(sender) >= most) this.#send();
    else if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(this.#sendRest);
    }
  }

  #send(): void {
    const senders = this.#senders;
    this.#senders = [];
    for (const sender of senders) sender.send();
  }
}
