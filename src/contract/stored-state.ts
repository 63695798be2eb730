/**
 * Where the desired state lies in JetStream. Whoever runs the bus's server looks after its files, and the cloud
 * controller after what is in them.
 */
export const desiredStateBucket = 'cloud-controller';
export const desiredStateStream = `KV_${desiredStateBucket}`;
