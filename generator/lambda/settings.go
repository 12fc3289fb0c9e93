package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"shoebox/internal/config"
)

// settings are what the environment says, beside keys of the configuration.
type settings struct {
	function     string // "develop", "publish" or "setup"
	developQueue string // URL
	publishQueue string // URL
	publishName  string // of the publish function; setup is told by CloudFormation
	keyParameter string // name of the parameter with the signing key; setup alone
	memory       int    // MB that the function has, and its time is priced by

	// The buckets' names; the same when the owner's files are in ours.
	siteName, ownersName string
	// env is all the rest of the environment, of which the configuration takes its keys.
	env []string
}

// readSettings reads an environment, and tells of all that is missing in it at once.
func readSettings(env []string) (settings, error) {
	s := settings{}
	ours := map[string]*string{
		"SHOEBOX_FUNCTION":         &s.function,
		"SHOEBOX_DEVELOP_QUEUE":    &s.developQueue,
		"SHOEBOX_PUBLISH_QUEUE":    &s.publishQueue,
		"SHOEBOX_PUBLISH_FUNCTION": &s.publishName,
		"SHOEBOX_KEY_PARAMETER":    &s.keyParameter,
	}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if to, ok := ours[name]; ok {
			*to = value
			continue
		}
		if name == "AWS_LAMBDA_FUNCTION_MEMORY_SIZE" {
			s.memory, _ = strconv.Atoi(value) // Lambda sets it; without it time is not priced
		}
		s.env = append(s.env, entry)
	}
	needed, ok := map[string][]string{
		"develop": {"SHOEBOX_PUBLISH_QUEUE", "SHOEBOX_PUBLISH_FUNCTION"},
		"publish": {"SHOEBOX_PUBLISH_QUEUE", "SHOEBOX_DEVELOP_QUEUE"},
		"setup":   {"SHOEBOX_KEY_PARAMETER"},
	}[s.function]
	if !ok {
		return s, fmt.Errorf("SHOEBOX_FUNCTION is %q: set it to develop, publish or setup", s.function)
	}
	var missing []error
	for _, name := range needed {
		if *ours[name] == "" {
			missing = append(missing, fmt.Errorf("%s is not set", name))
		}
	}
	c, err := config.Parse("", nil, s.env)
	if err != nil {
		return s, errors.Join(append(missing, err)...)
	}
	if s.siteName, ok = c.S3(); !ok {
		missing = append(missing, fmt.Errorf("%s is not set to an S3 bucket", config.Variable("bucket")))
	}
	if s.ownersName, ok = c.OriginalsS3(); !ok {
		s.ownersName = s.siteName
	}
	return s, errors.Join(missing...)
}
