/**
 * Where the cloud controller keeps what it must not forget: buckets of JetStream, and the streams behind them. Whoever
 * runs the bus's server looks after its files, and the cloud controller after what is in them.
 */
export const desiredStateBucket = 'cloud-controller';
export const eventsBucket = 'events';

export const desiredStateStream = `KV_${desiredStateBucket}`;
export const eventsStream = `KV_${eventsBucket}`;
