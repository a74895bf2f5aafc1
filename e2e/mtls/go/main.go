// golang.org/x/oauth2/clientcredentials over crypto/tls: a token with the certificate of the connection. Prints the token.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	certificate, err := tls.LoadX509KeyPair(os.Getenv("CLIENT_CERT"), os.Getenv("CLIENT_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	authorities, err := os.ReadFile(os.Getenv("SERVER_CA"))
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authorities)
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		// Certificates would be sent only where the server names their authority, and of a self-signed one it names none
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil },
		RootCAs:              roots,
	}}
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: transport})
	// RFC 8705 §2: client_id in the body, and no secret beside it
	config := clientcredentials.Config{
		ClientID:       os.Getenv("CLIENT_ID"),
		TokenURL:       os.Getenv("TOKEN_ENDPOINT"),
		Scopes:         []string{os.Getenv("SCOPE")},
		EndpointParams: url.Values{"resource": {os.Getenv("AUDIENCE")}},
		AuthStyle:      oauth2.AuthStyleInParams,
	}
	token, err := config.Token(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.AccessToken)
}
