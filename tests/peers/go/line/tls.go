package line

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"os"
)

// TLS declares the flag for the certificate of whom to trust. The function gives nil where it was not given.
func TLS() func() *tls.Config {
	path := flag.String("ca", "", "certificate of the authority to trust; speaks TLS where it is given")
	return func() *tls.Config {
		if *path == "" {
			return nil
		}
		pem, err := os.ReadFile(*path)
		Check(err, "read the certificate of the authority")
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		return &tls.Config{RootCAs: pool}
	}
}
