// golang.org/x/oauth2/clientcredentials: a token with Basic, and one with the secret in the body. Prints one token to a line.
package main

import (
	"context"
	"fmt"
	"log"
	"net/url"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := clientcredentials.Config{
			ClientID:       os.Getenv("CLIENT_ID"),
			ClientSecret:   os.Getenv("CLIENT_SECRET"),
			TokenURL:       os.Getenv("TOKEN_ENDPOINT"),
			Scopes:         []string{os.Getenv("SCOPE")},
			EndpointParams: url.Values{"resource": {os.Getenv("AUDIENCE")}},
			AuthStyle:      style,
		}
		token, err := config.Token(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(token.AccessToken)
	}
}
