package invoke_test

import (
	"strings"
	"testing"
	"time"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/invoke"
)

func TestStart(t *testing.T) {
	called := make(chan string, 1)
	c := awstest.Config(awstest.StartLambda(t, func(function, payload string) { called <- function + " " + payload }))
	if err := invoke.New(c, "publish").Start(t.Context(), `{"reconcile":true}`); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-called:
		if want := `publish {"reconcile":true}`; got != want {
			t.Errorf("called %s, want %s", got, want)
		}
	case <-time.After(5 * time.Second):
		t.Error("it was not called")
	}
}

func TestStartRefused(t *testing.T) {
	c := awstest.Config(awstest.StartMoto(t)) // which has no function of that name
	if err := invoke.New(c, "publish").Start(t.Context(), "{}"); err == nil || !strings.Contains(err.Error(), "the function publish") {
		t.Errorf("start of no function: %v, want an error that names it", err)
	}
}
