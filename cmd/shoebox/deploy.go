package main

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"shoebox/deploy"
	"shoebox/internal/aws/stack"
)

// defaultStack is the name of the stack when none is given.
const defaultStack = "shoebox"

// stackName is what CloudFormation takes (its API reference, CreateStack, StackName), but for the length: names of 64 characters
// in CloudFront start with it.
var stackName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{0,29}$`)

// certificateARN is what the template takes.
var certificateARN = regexp.MustCompile(`^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)

// layerARN is what the template takes.
var layerARN = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$`)

// storageClasses are the ones that the template knows, by their name on the command line.
var storageClasses = map[string]string{"standard": "STANDARD", "intelligent-tiering": "INTELLIGENT_TIERING", "glacier-ir": "GLACIER_IR"}

// stackFlags are the flags of every command that works on a stack.
type stackFlags struct{ name, region string }

func (f *stackFlags) add(c *cobra.Command, name string) {
	c.Flags().StringVar(&f.name, "stack", name, "`name` of the stack on AWS")
	c.Flags().StringVar(&f.region, "region", "", "AWS `region` of the stack (default: the configured one)")
}

func (f *stackFlags) check() error {
	if !stackName.MatchString(f.name) {
		return usageError{fmt.Errorf("--stack is %q: give up to 30 letters, digits and hyphens, a letter first", f.name)}
	}
	return nil
}

func newDeploy(p *program) *cobra.Command {
	var at stackFlags
	var labels int
	var faces, dryRun bool
	var email, class, domain, certificate, layer, functions string
	c := &cobra.Command{
		Use:   "deploy",
		Short: "Put the gallery on AWS, or bring it up to date there",
		Long: `Deploy makes the stack of a gallery in your AWS account, or brings it up to date; then it prints the gallery's URL and how to
upload. It runs the AWS command line ("aws"), which must be installed and have credentials. Running it again is safe. Settings
that are not given stay as they are.

Amazon charges you for what the stack uses: see "shoebox cost", and docs/cost.md.`,
		Example: `  shoebox deploy
  shoebox deploy --labels-per-month 1000 --admin-email me@example.org`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := at.check(); err != nil {
				return err
			}
			given := cmd.Flags().Changed
			parameters := map[string]string{}
			if given("labels-per-month") {
				if labels < 0 {
					return usageError{fmt.Errorf("--labels-per-month is %d: give 0 (none) or more", labels)}
				}
				parameters["LabelsPerMonth"] = strconv.Itoa(labels)
			}
			if given("faces") {
				parameters["Faces"] = strconv.FormatBool(faces)
			}
			if faces && given("labels-per-month") && labels == 0 {
				return usageError{errors.New("--faces needs labels: give --labels-per-month above 0")}
			}
			if given("admin-email") {
				if a, err := mail.ParseAddress(email); email != "" && (err != nil || a.Address != email) {
					return usageError{fmt.Errorf("--admin-email is %q: give an address such as me@example.org", email)}
				}
				parameters["AdminEmail"] = email
			}
			if given("storage-class") {
				if parameters["StorageClass"] = storageClasses[class]; parameters["StorageClass"] == "" {
					return usageError{fmt.Errorf("--storage-class is %q: give standard, intelligent-tiering or glacier-ir", class)}
				}
			}
			if given("domain") || given("certificate") {
				if (domain == "") != (certificate == "") {
					return usageError{errors.New("--domain and --certificate belong together: give both, or neither")}
				}
				if certificate != "" && !certificateARN.MatchString(certificate) {
					return usageError{fmt.Errorf("--certificate is %q: give the ARN of one in us-east-1, the only region that CloudFront "+
						"takes them from", certificate)}
				}
				parameters["DomainName"], parameters["CertificateArn"] = domain, certificate
			}
			if given("ffmpeg-layer") {
				if layer != "" && !layerARN.MatchString(layer) {
					return usageError{fmt.Errorf("--ffmpeg-layer is %q: give the ARN of a layer's version, such as "+
						"arn:aws:lambda:eu-west-1:111122223333:layer:ffmpeg:1", layer)}
				}
				parameters["FFmpegLayer"] = layer
			}
			return p.deploy(cmd.Context(), at, functions, parameters, dryRun)
		},
	}
	at.add(c, defaultStack)
	c.Flags().IntVar(&labels, "labels-per-month", 0, "let Rekognition label this many photos a month, at about a dollar a thousand; 0: none")
	c.Flags().BoolVar(&faces, "faces", false, "let Rekognition find faces too, at about a dollar a thousand photos more")
	c.Flags().StringVar(&email, "admin-email", "", "`address` that alarms go to; Amazon asks it to confirm")
	c.Flags().StringVar(&class, "storage-class", "", "of originals: standard, intelligent-tiering or glacier-ir")
	c.Flags().StringVar(&domain, "domain", "", "own `name` of the gallery, such as photos.example.org")
	c.Flags().StringVar(&certificate, "certificate", "", "`ARN` of its certificate, in us-east-1")
	c.Flags().StringVar(&layer, "ffmpeg-layer", "", "`ARN` of the version of a Lambda layer with /opt/bin/ffmpeg for arm64; empty: none")
	c.Flags().StringVar(&functions, "functions", "bin/lambda", "`folder` with the functions, as \"make lambda\" makes them")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print the commands that would change something, and run none of them")
	return c
}

func (p *program) deploy(ctx context.Context, at stackFlags, functions string, parameters map[string]string, dryRun bool) error {
	if err := stack.CheckFunctions(functions); err != nil {
		return usageError{err}
	}
	cli, account, err := p.awsCLI(ctx, at.region, dryRun)
	if err != nil {
		return err
	}
	d := stack.Deployment{Stack: at.name, Account: account, Template: deploy.Template(), Functions: functions, Parameters: parameters}
	if err := cli.Deploy(ctx, d); err != nil || dryRun {
		return err
	}
	s, err := stack.Open(ctx, at.name, cli.Region())
	if err != nil {
		return err
	}
	url, urlErr := s.Output(stack.OutputURL)
	upload, uploadErr := s.Output(stack.OutputUpload)
	if err := errors.Join(urlErr, uploadErr); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "gallery: %s\nupload:  %s\n", printable(url), printable(upload))
	return nil
}

// awsCLI finds the AWS command line. What it says goes to standard error, but for what a dry run is asked for.
func (p *program) awsCLI(ctx context.Context, region string, dryRun bool) (*stack.CLI, string, error) {
	o := stack.CLIOptions{Region: region, Env: p.env, Out: p.stderr, DryRun: dryRun}
	if dryRun {
		o.Out = p.stdout
	}
	cli, account, err := stack.FindCLI(ctx, o)
	if err != nil {
		return nil, "", usageError{err}
	}
	return cli, account, nil
}
