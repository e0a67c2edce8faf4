export { type Issued, issueAuthority, issueBroker, issueClient } from '@klamm/certs/issue/certificate';
export { writeJks } from '@klamm/certs/stores/jks';
export { writePkcs12 } from '@klamm/certs/stores/pkcs12-write';
export { readStore } from '@klamm/certs/stores/read-store';
