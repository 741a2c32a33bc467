// A stranger's verifier: golang-jwt accepts our token against the served key set, and refuses it with one claim changed.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

type jwk struct{ Kty, Kid, X, Y, N, E string }

func number(text string) *big.Int {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return new(big.Int).SetBytes(bytes)
}

func fetch(uri string) map[string]any {
	answer, err := http.Get(uri)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	var set struct{ Keys []jwk }
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		panic(err)
	}
	found := map[string]any{}
	for _, key := range set.Keys {
		switch key.Kty {
		case "EC":
			found[key.Kid] = &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(key.X), Y: number(key.Y)}
		case "RSA":
			found[key.Kid] = &rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}
		}
	}
	return found
}

func accepts(token, issuer, audience string, keys map[string]any) bool {
	parsed, err := jwt.Parse(token, func(t *jwt.Token) (any, error) {
		key, known := keys[fmt.Sprint(t.Header["kid"])]
		if !known {
			return nil, fmt.Errorf("unknown key")
		}
		return key, nil
	}, jwt.WithValidMethods([]string{"ES256", "RS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired())
	return err == nil && parsed.Valid
}

func altered(token string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	claims := map[string]any{}
	_ = json.Unmarshal(payload, &claims)
	claims["sub"] = "somebody-else"
	changed, _ := json.Marshal(claims)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(changed) + "." + parts[2]
}

func main() {
	token, uri, issuer, audience := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	keys := fetch(uri)
	fmt.Printf("{\"accepted\": %t, \"altered_accepted\": %t}\n",
		accepts(token, issuer, audience, keys), accepts(altered(token), issuer, audience, keys))
}
