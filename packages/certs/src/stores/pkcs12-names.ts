// The object identifiers of PKCS12 (RFC 7292) and of the attributes its bags carry.

export const DATA = '1.2.840.113549.1.7.1';
export const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
export const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
export const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
export const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
export const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
export const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
export const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
/** Oracle's: a certificate in a bag with this attribute is trusted; Java shows none without it. */
export const TRUSTED_KEY_USAGE = '2.16.840.1.113894.746875.1.1';
/** Trusted for everything. */
export const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';
export const PBMAC1 = '1.2.840.113549.1.5.14';
export const SHA256 = '2.16.840.1.101.3.4.2.1';
