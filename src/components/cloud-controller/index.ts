export { cloudController } from './cloud-controller.ts';
export { CloudControllerOptions } from './options.ts';
