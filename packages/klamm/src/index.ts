export * from '@klamm/client/index';
