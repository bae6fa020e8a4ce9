package zmq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// The pair of the documentation of libzmq's zmq_curve_public.
const (
	testSecret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
	testPublic = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
)

func TestCurveKeyParse(t *testing.T) {
	key, err := ParseCurveKeyPair(testPublic, testSecret)
	if err != nil {
		t.Fatal(err)
	}
	if got := key.Secret(); got != testSecret {
		t.Errorf("Secret() = %q, want %q", got, testSecret)
	}
	if got := key.Public().String(); got != testPublic {
		t.Errorf("Public() = %q, want %q", got, testPublic)
	}
	made := NewCurveKey()
	if again, err := ParseCurveKey(made.Secret()); err != nil || again.Public() != made.Public() {
		t.Errorf("a new key does not survive its text: %v", err)
	}
	if made.Public() == NewCurveKey().Public() {
		t.Error("two new keys are the same")
	}
	text, err := json.Marshal(map[string]any{"server": made.Public()})
	var back struct{ Server CurvePublicKey }
	if err != nil || json.Unmarshal(text, &back) != nil || back.Server != made.Public() {
		t.Errorf("a public key does not survive JSON: %s, %v", text, err)
	}
}

func TestCurveKeyRefuses(t *testing.T) {
	for _, test := range []struct{ name, public, secret, want string }{
		{"empty", "", "", "0 characters, where 40"},
		{"short secret", testPublic, testSecret[:39], "CURVE secret key: 39 characters"},
		{"long public", testPublic + "0", testSecret, "CURVE public key: 41 characters"},
		{"not Z85", testPublic, strings.Replace(testSecret, "D", " ", 1), "CURVE secret key: not Z85: character 1"},
		{"too large", testPublic, "#####" + testSecret[5:], "more than 32 bits"},
		{"another pair", NewCurveKey().Public().String(), testSecret, "do not belong together"},
		{"the wrong way round", testSecret, testPublic, "do not belong together"},
	} {
		_, err := ParseCurveKeyPair(test.public, test.secret)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		} else if test.secret != "" && strings.Contains(err.Error(), test.secret[:10]) {
			t.Errorf("%s: %v quotes the secret", test.name, err)
		}
	}
	if new(CurvePublicKey).UnmarshalText([]byte("short")) == nil {
		t.Error("UnmarshalText takes what is no key")
	}
}

// TestSecretsDoNotShow prints everything that holds a secret in every way.
func TestSecretsDoNotShow(t *testing.T) {
	key, err := ParseCurveKey(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	const password = "swordfish"
	secrets := []string{testSecret, password, fmt.Sprintf("%x", key.pair().Bytes()), fmt.Sprintf("%X", password),
		fmt.Sprintf("%x", password), strings.Trim(fmt.Sprint(key.pair().Bytes()[:8]), "[]"), fmt.Sprintf("%d", []byte(password))}
	configs := map[string]*Config{
		"CURVE server": {Security: CurveServer(key, AllowAny)},
		"CURVE client": {Security: CurveClient(key, key.Public())},
		"PLAIN client": {Security: PlainClient("ada", password)},
		"PLAIN server": {Security: PlainServer(AllowUsers(map[string]string{"ada": password}))},
		"NULL server":  {Security: NullServer(AllowAny)},
	}
	credentials := Credentials{Mechanism: "PLAIN", User: "ada"}
	credentials.SetPassword(password)
	values := map[string]any{
		"key": key, "key itself": *key, "keys": []*CurveKey{key}, "hidden key": struct{ k *CurveKey }{key}, "hidden key itself": struct{ k CurveKey }{*key},
		"credentials": credentials, "pointer to credentials": &credentials, "hidden credentials": struct{ c Credentials }{credentials},
	}
	for name, cfg := range configs {
		s := newSocket(t, Router, cfg)
		values[name] = cfg.Security
		values["config of "+name] = cfg
		values["config itself of "+name] = *cfg
		values["socket of "+name] = s
		values["inner config of "+name] = s.cfg
	}
	for name, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%c", "%U", "%t", "%p"} {
			refuseSecrets(t, name+" with "+verb, fmt.Sprintf(verb, v), secrets)
		}
		text, _ := json.Marshal(v)
		refuseSecrets(t, name+" as JSON", string(text), secrets)
		var log bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(h).Info("look", "value", v)
		}
		refuseSecrets(t, name+" in a log", log.String(), secrets)
	}
	for name, cfg := range configs {
		if got := fmt.Sprintf("%v", cfg.Security); got != strings.TrimSuffix(name, " server") && got != name {
			t.Errorf("%s prints as %q", name, got)
		}
	}
}

func refuseSecrets(t *testing.T, what, text string, secrets []string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s shows a secret: %s", what, text)
		}
	}
}
