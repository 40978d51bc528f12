"""What the keys of well-known services look like: data, to be kept as services change their formats.

The shapes are facts that the services publish: GitHub's, GitLab's and Slack's pages on token formats, the references of
AWS IAM and Google Cloud, the API references of Stripe, Twilio, SendGrid, OpenAI, Anthropic and the others, and the
prefixes registered with code hosts for secret scanning. Lists of the same kind are kept by gitleaks (MIT,
https://github.com/gitleaks/gitleaks) and detect-secrets (Apache 2.0, https://github.com/Yelp/detect-secrets); the
patterns here are our own.

The keys of ``KEY_FORMATS`` are told by their beginning, and the words of a text are looked up by it. What is told only
by something in its middle stands in ``LATE_FORMATS``, with the text that must be there. Nothing repeats two things that
fit the same character, so all of it is linear.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple


class KeyFormat(NamedTuple):
    """How the keys of a service look.

    Attributes:
        kind: What is shown in place of a key.
        begins: What it begins with, one or several; for a late format, what it has in it.
        pattern: The rest, as a regular expression; for a late format all of it.
    """

    kind: str
    begins: str
    pattern: str


#: Shortest word that can be a key of a service, one of a late format, and one that only a sign tells.
SHORTEST_KEY: Final = 16
SHORTEST_LATE_KEY: Final = 36
_SHORTEST_UNMARKED: Final = 50

KEY_FORMATS: Final = (
    # Clouds and hosting
    KeyFormat("aws_key", "AKIA ASIA ABIA ACCA AGPA AIDA AROA AIPA ANPA ANVA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    KeyFormat("aws_key", "ABSK", r"[A-Za-z0-9+/]{60,}={0,2}"),
    KeyFormat("google_key", "AIza", r"[A-Za-z0-9_-]{30,}"),
    KeyFormat("google_key", "GOCSPX-", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("google_token", "ya29.", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("google_token", "1//0", r"[A-Za-z0-9_-]{30,}"),
    KeyFormat("alibaba_key", "LTAI", r"[A-Za-z0-9]{12,}"),
    KeyFormat("tencent_key", "AKID", r"[A-Za-z0-9]{24,}"),
    KeyFormat("ibm_key", "ApiKey-", r"[0-9a-f-]{36}"),
    KeyFormat("digitalocean_token", "doo_v1_ dop_v1_ dor_v1_ dot_v1_", r"[a-f0-9]{32,}"),
    KeyFormat("heroku_key", "HRKU-", r"[A-Za-z0-9_-]{32,}"),
    KeyFormat("fly_token", "fm1_ fm2_ fm1a_ fm1r_ fm2a_ fm2r_", r"[A-Za-z0-9+/=_-]{30,}"),
    KeyFormat("fly_token", "fo1_", r"[A-Za-z0-9_-]{30,}"),
    KeyFormat("netlify_token", "nfp_ nfc_ nfo_ nfu_ nfb_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("vercel_token", "vcp_ vci_ vca_ vcr_ vck_", r"[A-Za-z0-9]{24,}"),
    KeyFormat("render_key", "rnd_", r"[A-Za-z0-9]{24,}"),
    KeyFormat("cloudflare_key", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"),
    KeyFormat("scaleway_key", "SCW", r"[A-Z0-9]{17}(?![A-Za-z0-9])"),
    KeyFormat("yandex_key", "AQVN", r"[A-Za-z0-9_-]{32,}"),
    KeyFormat("yandex_token", "t1.", r"[A-Z0-9a-z_-]{8,}[=]{0,2}\.[A-Za-z0-9_-]{60,}={0,2}"),
    # Code, packages, builds
    KeyFormat("github_token", "gho_ ghp_ ghs_ ghu_ ghr_", r"[A-Za-z0-9]{16,}"),
    KeyFormat("github_token", "github_pat_", r"[A-Za-z0-9_]{16,}"),
    KeyFormat(
        "gitlab_token",
        "glpat- glptt- glrt- glcbt- gldt- glft- glimt- glagent- gloas- glsoat- glffct- glwt- glrtr-",
        r"[A-Za-z0-9_.-]{16,}",
    ),
    KeyFormat("gitlab_token", "GR1348941", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("bitbucket_token", "ATBB", r"[A-Za-z0-9_=-]{20,}"),
    KeyFormat("atlassian_token", "ATATT3 ATCTT3", r"[A-Za-z0-9_=-]{20,}"),
    KeyFormat("npm_token", "npm_", r"[A-Za-z0-9]{24,}"),
    KeyFormat("pypi_token", "pypi-", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("rubygems_key", "rubygems_", r"[a-f0-9]{24,}"),
    KeyFormat("crates_token", "cio", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("clojars_token", "CLOJARS_", r"[a-z0-9]{32,}"),
    KeyFormat("nuget_key", "oy2", r"[a-z0-9]{43}(?![A-Za-z0-9])"),
    KeyFormat("docker_token", "dckr_pat_ dckr_oat_", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("artifactory_key", "AKCp", r"[A-Za-z0-9]{40,}"),
    KeyFormat("circleci_token", "CCIPAT_ CCIPRJ_", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("buildkite_token", "bkua_ bkat_ bkpt_", r"[A-Za-z0-9]{24,}"),
    KeyFormat("sonar_token", "sqa_ squ_ sqp_", r"[a-f0-9]{24,}"),
    KeyFormat("snyk_token", "snyk_", r"[a-z]{2,6}\.[A-Za-z0-9_.-]{16,}"),
    KeyFormat("pulumi_token", "pul-", r"[a-f0-9]{32,}"),
    KeyFormat("vault_token", "hvs. hvb. hvr.", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("vault_token", "s. b. r.", r"[A-Za-z0-9]{24}(?![A-Za-z0-9.])"),
    KeyFormat("doppler_token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[A-Za-z0-9_.-]{16,}"),
    KeyFormat("infisical_token", "st.", r"[0-9a-f]{24}\.[0-9a-f]{16,}(?:\.[0-9a-f]{16,})?"),
    KeyFormat("onepassword_token", "ops_eyJ", r"[A-Za-z0-9+/=_-]{30,}"),
    KeyFormat("onepassword_key", "A3-", r"[A-Z0-9]{6}-[A-Z0-9]{5,11}(?:-[A-Z0-9]{5}){3,5}"),
    KeyFormat("age_key", "AGE-SECRET-KEY-1", r"[A-Z0-9]{40,}"),
    KeyFormat("prefect_token", "pnu_ pnb_", r"[A-Za-z0-9]{24,}"),
    KeyFormat("postman_key", "PMAK-", r"[A-Za-z0-9]{16,}-[A-Za-z0-9]{24,}"),
    KeyFormat("tailscale_key", "tskey-", r"[a-z]{2,10}-[A-Za-z0-9-]{12,}"),
    KeyFormat("ngrok_key", "ak_", r"[A-Za-z0-9]{27}(?![A-Za-z0-9])"),
    KeyFormat("jfrog_token", "cmVmd", r"[A-Za-z0-9]{50,}"),
    KeyFormat("openshift_token", "sha256~", r"[A-Za-z0-9_-]{40,}"),
    KeyFormat("digitalocean_key", "DO00", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    KeyFormat("deno_token", "ddp_ ddo_", r"[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    KeyFormat("vercel_token", "vercel_blob_rw_", r"[A-Za-z0-9]{12,}_[A-Za-z0-9]{20,}"),
    KeyFormat("yandex_key", "YC", r"[A-Za-z0-9_-]{38}(?![A-Za-z0-9_-])"),
    KeyFormat("scalingo_token", "tk-us-", r"[A-Za-z0-9_-]{40,}"),
    KeyFormat("sourcegraph_token", "sgp_", r"(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}(?![A-Za-z0-9])"),
    KeyFormat("chromatic_token", "chpt_", r"[a-f0-9]{12,}"),
    KeyFormat("harness_token", "pat. sat.", r"[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}"),
    KeyFormat("infracost_key", "ico-", r"[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("octopus_key", "API-", r"[A-Z0-9]{26,}(?![A-Za-z0-9])"),
    KeyFormat("jetbrains_token", "perm: perm-", r"[A-Za-z0-9+/=_-]{8,}\.[A-Za-z0-9+/=_-]{4,}\.[A-Za-z0-9+/=_-]{20,}"),
    KeyFormat("ory_token", "ory_pat_ ory_at_ ory_rt_ ory_ac_ ory_apikey_", r"[A-Za-z0-9_.-]{24,}"),
    KeyFormat("zuplo_key", "zpka_", r"[a-z0-9]{20,}(?:_[a-f0-9]{8})?"),
    KeyFormat("defined_token", "dnkey-", r"[A-Za-z0-9=_-]{26}-[A-Za-z0-9=_-]{52}"),
    KeyFormat("intra42_secret", "s-s4t2ud- s-s4t2af-", r"[a-f0-9]{64}"),
    KeyFormat("settlemint_token", "sm_pat_ sm_aat_ sm_sat_", r"[A-Za-z0-9]{16,}"),
    KeyFormat("firebase_code", "4/0A", r"[A-Za-z0-9_-]{40,}"),
    # Money
    KeyFormat(
        "stripe_key",
        "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_ pk_prod_",
        r"[A-Za-z0-9]{16,}",
    ),
    KeyFormat("stripe_secret", "whsec_", r"[A-Za-z0-9+/=]{16,}"),
    KeyFormat("square_token", "sq0atp- sq0csp- sq0idp-", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("square_token", "EAAA", r"[A-Za-z0-9_-]{56,}"),
    KeyFormat("braintree_token", "access_token$production$ access_token$sandbox$", r"[a-z0-9]{16}\$[a-f0-9]{32}"),
    KeyFormat("adyen_key", "AQE", r"[A-Za-z0-9+/]{40,}[A-Za-z0-9+/=.^_-]{20,}"),
    KeyFormat("razorpay_key", "rzp_live_ rzp_test_", r"[A-Za-z0-9]{14,}"),
    KeyFormat("flutterwave_key", "FLWSECK- FLWPUBK- FLWSECK_TEST- FLWPUBK_TEST-", r"[A-Za-z0-9-]{16,}"),
    KeyFormat("plaid_token", "access-sandbox- access-development- access-production-", r"[0-9a-f-]{36}"),
    KeyFormat("easypost_key", "EZAK EZTK", r"[A-Za-z0-9]{40,}"),
    KeyFormat("duffel_token", "duffel_test_ duffel_live_", r"[A-Za-z0-9_=-]{30,}"),
    KeyFormat("shippo_token", "shippo_live_ shippo_test_", r"[a-fA-F0-9]{32,}"),
    KeyFormat("shopify_token", "shpat_ shpca_ shppa_ shpss_ shpua_ shptka_", r"[A-Fa-f0-9]{24,}"),
    KeyFormat("mollie_key", "live_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("lob_key", "live_pub_ test_pub_", r"[a-f0-9]{31}(?![A-Za-z0-9])"),
    KeyFormat(
        "paddle_key", "pdl_live_apikey_ pdl_sdbx_apikey_", r"[a-zA-Z0-9]{20,}_[A-Za-z0-9]{16,}(?:_[A-Za-z0-9]{3})?"
    ),
    KeyFormat("stytch_secret", "secret-live- secret-test-", r"[A-Za-z0-9_-]{30,}={0,2}"),
    # Messages and mail
    KeyFormat("slack_token", "xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs-", r"[A-Za-z0-9-]{12,}"),
    KeyFormat("slack_token", "xoxe.xoxb- xoxe.xoxp-", r"[A-Za-z0-9-]{16,}"),
    KeyFormat("slack_token", "xapp-", r"[A-Za-z0-9-]{16,}"),
    KeyFormat(
        "slack_webhook",
        "hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/",
        r"[A-Za-z0-9/_-]{20,}",
    ),
    KeyFormat(
        "discord_webhook",
        "discord.com/api/ discordapp.com/api/",
        r"(?:v[0-9]{1,2}/)?webhooks/[0-9]{15,20}/[A-Za-z0-9_-]{40,}",
    ),
    KeyFormat("teams_webhook", "webhook.office.com/webhookb2/", r"[A-Za-z0-9@/-]{60,}"),
    KeyFormat("discord_token", "mfa.", r"[A-Za-z0-9_-]{60,}"),
    KeyFormat("twilio_key", "AC AK SC SK", r"[a-f0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("sendgrid_key", "SG.", r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    KeyFormat("mailgun_key", "key-", r"[a-f0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("mailersend_key", "mlsn.", r"[a-f0-9]{60,}"),
    KeyFormat("brevo_key", "xkeysib- xsmtpsib-", r"[a-f0-9]{60,}-[A-Za-z0-9]{16}"),
    KeyFormat("resend_key", "re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}"),
    KeyFormat("intercom_token", "dG9rO", r"[A-Za-z0-9+/]{50,}={0,2}"),
    KeyFormat("telnyx_key", "KEY", r"[0-9A-Z]{32}_[A-Za-z0-9]{20,}"),
    KeyFormat("matrix_token", "syt_", r"[A-Za-z0-9+/=]{1,120}_[A-Za-z0-9]{16,}_[A-Za-z0-9]{6}"),
    KeyFormat("firebase_key", "AAAA", r"[A-Za-z0-9_-]{7}:APA91[A-Za-z0-9_-]{100,}"),
    # Models
    KeyFormat("anthropic_key", "sk-ant-", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("openai_key", "sk-proj- sk-svcacct- sk-admin- sk-None-", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("api_key", "sk-", r"(?:or-v1-|lf-|kimi-)?[A-Za-z0-9_-]{16,}"),
    KeyFormat("huggingface_token", "hf_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("huggingface_token", "api_org_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("replicate_token", "r8_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("groq_key", "gsk_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("perplexity_key", "pplx-", r"[A-Za-z0-9]{30,}"),
    KeyFormat("xai_key", "xai-", r"[A-Za-z0-9]{40,}"),
    KeyFormat("langchain_key", "lsv2_pt_ lsv2_sk_", r"[a-f0-9]{32}_[a-f0-9]{10}"),
    KeyFormat("pinecone_key", "pcsk_", r"[A-Za-z0-9_]{30,}"),
    KeyFormat("nvidia_key", "nvapi-", r"[A-Za-z0-9_-]{40,}"),
    KeyFormat("cerebras_key", "csk-", r"[A-Za-z0-9]{40,}"),
    KeyFormat("elevenlabs_key", "sk_", r"[a-f0-9]{48}(?![A-Za-z0-9])"),
    KeyFormat("fireworks_key", "fw_", r"[A-Za-z0-9]{20,}"),
    KeyFormat("firecrawl_key", "fc-", r"[a-f0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("tavily_key", "tvly-", r"(?:dev-|prod-)?[A-Za-z0-9]{20,}"),
    KeyFormat("jina_key", "jina_", r"[A-Za-z0-9_-]{40,}"),
    KeyFormat("llamacloud_key", "llx-", r"[A-Za-z0-9]{40,}"),
    KeyFormat("voyage_key", "pa-", r"[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),
    KeyFormat("runpod_key", "rpa_", r"[A-Z0-9]{30,}[A-Za-z0-9]{0,20}"),
    KeyFormat("e2b_key", "e2b_", r"[a-f0-9]{40}(?![A-Za-z0-9])"),
    KeyFormat("wandb_key", "wandb_v1_", r"[A-Za-z0-9_]{30,}"),
    # Data and monitoring
    KeyFormat("databricks_token", "dapi", r"[a-f0-9]{32}(?:-[0-9])?(?![A-Za-z0-9])"),
    KeyFormat("databricks_token", "dkea", r"[a-f0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("dynatrace_token", "dt0c dt0s dt0a dt0b", r"[0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{40,}"),
    KeyFormat("grafana_token", "glsa_ glc_", r"[A-Za-z0-9+/=_]{24,}"),
    KeyFormat("newrelic_key", "NRAK- NRJS- NRII- NRIQ- NRRA- NRAL-", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("sentry_token", "sntrys_ sntryu_", r"[A-Za-z0-9+/=_.-]{24,}"),
    KeyFormat("posthog_key", "phc_ phx_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("planetscale_token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[A-Za-z0-9_.=-]{24,}"),
    KeyFormat("supabase_key", "sbp_ sb_secret_", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("neon_key", "napi_", r"[a-z0-9]{40,}"),
    KeyFormat("clickhouse_key", "4b1d", r"[A-Za-z0-9]{38}(?![A-Za-z0-9])"),
    KeyFormat("aiven_token", "AVNS_", r"[A-Za-z0-9_-]{16,}"),
    KeyFormat("confluent_secret", "cflt", r"[A-Za-z0-9+/]{50,}"),
    KeyFormat("launchdarkly_key", "sdk-", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    KeyFormat("launchdarkly_key", "mob-", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    KeyFormat("cockroach_key", "CCDB1_", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{40}"),
    KeyFormat("mongodb_key", "mdb_sa_sk_ mdb_sa_id_", r"[A-Za-z0-9_-]{20,}"),
    KeyFormat("elastic_key", "essu_", r"[A-Za-z0-9+/=]{40,}"),
    KeyFormat("dbt_token", "dbtc_ dbtu_", r"[A-Za-z0-9_-]{30,}"),
    KeyFormat("datadog_key", "pub", r"[a-f0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("apify_token", "apify_api_ apify_proxy_", r"[A-Za-z0-9]{30,}"),
    KeyFormat("adafruit_key", "aio_", r"[A-Za-z0-9]{28}(?![A-Za-z0-9])"),
    KeyFormat("mapbox_token", "pk.eyJ sk.eyJ", r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    # Work
    KeyFormat("linear_key", "lin_api_ lin_oauth_ lin_wh_", r"[A-Za-z0-9]{24,}"),
    KeyFormat("notion_token", "ntn_", r"[0-9A-Za-z]{40,}"),
    KeyFormat("notion_token", "secret_", r"[A-Za-z0-9]{40,}"),
    KeyFormat("figma_token", "figd_ figo_ figp_ figu_", r"[A-Za-z0-9_-]{30,}"),
    KeyFormat("airtable_token", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{40,}"),
    KeyFormat("clickup_token", "pk_", r"[0-9]{6,9}_[A-Z0-9]{30,}"),
    KeyFormat("typeform_token", "tfp_", r"[A-Za-z0-9_.=-]{40,}"),
    KeyFormat("hubspot_token", "pat-na pat-eu", r"[0-9]-[0-9a-f-]{36}"),
    KeyFormat("salesforce_token", "00D", r"[A-Za-z0-9]{12,15}![A-Za-z0-9._]{60,}"),
    KeyFormat("zapier_webhook", "hooks.zapier.com/hooks/catch/", r"[0-9]{4,}/[A-Za-z0-9]{5,}"),
    KeyFormat("readme_key", "rdme_", r"[a-z0-9]{60,}"),
    KeyFormat("contentful_token", "CFPAT-", r"[A-Za-z0-9_-]{40,}"),
    KeyFormat("facebook_token", "EAA", r"[A-Za-z0-9]{60,}"),
    KeyFormat("twitter_token", "AAAAAAAAAAAAAAAAAAAA", r"[A-Za-z0-9%]{50,}"),
    KeyFormat("asana_token", "0/ 1/ 2/", r"[0-9]{13,16}(?:/[0-9]{13,16})?:[a-f0-9]{32}(?![A-Za-z0-9])"),
    KeyFormat("adobe_secret", "p8e-", r"[A-Za-z0-9_-]{30,}"),
    KeyFormat("frameio_token", "fio-u-", r"[A-Za-z0-9_=-]{40,}"),
    KeyFormat("trello_token", "ATTA", r"[A-Za-z0-9]{60,}"),
    KeyFormat("lichess_token", "lip_", r"[A-Za-z0-9]{20}(?![A-Za-z0-9])"),
    KeyFormat("dropbox_token", "sl.", r"(?:u\.)?[A-Za-z0-9_-]{100,}"),
    # Formats that many use
    KeyFormat("wallet_key", "xprv tprv yprv zprv", r"[A-Za-z0-9]{90,}"),
    KeyFormat("secret_token", "secret-token:", r"[A-Za-z0-9._~%+/=-]{12,}"),
    KeyFormat("django_key", "django-insecure-", r"[^\s\"'\\]{20,}"),
    KeyFormat("fernet_token", "gAAAAA", r"[A-Za-z0-9_=-]{60,}"),
    KeyFormat(
        "paseto",
        "v1.local. v1.public. v2.local. v2.public. v3.local. v3.public. v4.local. v4.public.",
        r"[A-Za-z0-9_-]{30,}(?:\.[A-Za-z0-9_-]{4,})?",
    ),
    KeyFormat("bcrypt_hash", "$2a$ $2b$ $2x$ $2y$", r"[0-9]{2}\$[./A-Za-z0-9]{53}"),
    KeyFormat("crypt_hash", "$1$ $5$ $6$ $apr1$ $y$ $7$ $gy$", r"(?:rounds=[0-9]{1,9}\$)?[./A-Za-z0-9$]{26,}"),
    KeyFormat(
        "pbkdf2_hash",
        "pbkdf2_sha256$ pbkdf2_sha1$ pbkdf2_sha512$ pbkdf2:sha256: pbkdf2:sha512: pbkdf2:sha1:",
        r"[0-9]{1,9}\$[A-Za-z0-9./+_=-]{1,64}\$[A-Za-z0-9+/=]{20,}",
    ),
    KeyFormat(
        "scrypt_hash",
        "scrypt: scrypt$",
        r"[0-9]{1,9}[:$][0-9]{1,4}[:$][0-9]{1,4}\$[A-Za-z0-9./+_=-]{1,64}\$[A-Za-z0-9+/=]{40,}",
    ),
    KeyFormat(
        "argon_hash",
        "$argon2i $argon2d $argon2id",
        r"\$v=[0-9]{1,3}\$[a-z0-9=,]{6,60}\$[A-Za-z0-9+/]{8,}\$[A-Za-z0-9+/]{16,}",
    ),
)

LATE_FORMATS: Final = (
    KeyFormat("terraform_token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}"),
    KeyFormat("mailgun_key", "-", r"[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}(?![A-Za-z0-9-])"),
    KeyFormat("mailchimp_key", "-us", r"[a-f0-9]{32}-us[0-9]{1,2}(?![A-Za-z0-9-])"),
    KeyFormat("azure_key", "Q~", r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"),
    KeyFormat("azure_devops_token", "AZDO", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])"),
    KeyFormat("wallet_key", "S", r"S[A-Z2-7]{55}(?![A-Za-z0-9])"),
    KeyFormat("maxmind_key", "_mmk", r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk(?![A-Za-z0-9])"),
    KeyFormat("ldap_hash", "{S", r"\{SS?HA(?:256|384|512)?\}[A-Za-z0-9+/]{20,}={0,2}"),
    KeyFormat("telegram_token", ":AA", r"(?:bot)?[0-9]{6,12}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9])"),
    KeyFormat("discord_token", ".", r"[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"),
)

#: The first three characters of a word of letters and digits; behind ``\\n`` or ``%3D`` begins one too.
_WORD: Final = re.compile(r"(?:\\[nrt]|%[0-9A-Fa-f]{2})?(?=([A-Za-z0-9$].{0,2}))[A-Za-z0-9$]+")
_HEAD_LENGTH: Final = 3
_HEX: Final = "0123456789abcdef"
_ANY: Final = string.ascii_letters + string.digits + "_-"


#: A pattern is compiled when a text first has its head: all 277 take longer than most programs need to start.
_compiled: Final = functools.cache(re.compile)


def _by_head() -> dict[str, list[tuple[str, str]]]:
    table: dict[str, list[tuple[str, str]]] = {}
    for kind, begins, pattern in KEY_FORMATS:
        for begin in begins.split():
            whole = re.escape(begin) + pattern
            following = _HEX if pattern.startswith("[a-f0-9]") else _ANY
            heads = [begin[:_HEAD_LENGTH]] if len(begin) >= _HEAD_LENGTH else [begin + char for char in following]
            for head in heads:
                table.setdefault(head, []).append((kind, whole))
    return table


_TABLE: Final = _by_head()
#: What a letter or digit before a key may end.
_ESCAPE: Final = re.compile(r"\\[nrt]$|%[0-9A-Fa-f]{2}$")
_HEADS: Final = frozenset(_TABLE)


def heads_of_keys(text: str) -> frozenset[str]:
    """Return with which characters the words of a text begin, as far as keys of services begin with them."""
    return _HEADS.intersection(_WORD.findall(text))


def service_keys(text: str, heads: Iterable[str]) -> list[tuple[int, int, str]]:
    """Return start and end of each key of a service in a text, and its kind, for keys that begin with the heads."""
    spans: list[tuple[int, int, str]] = []
    for head in heads:
        at = text.find(head)
        while at >= 0:
            after = at + 1
            if not at or not text[at - 1].isalnum() or _ESCAPE.search(text, max(0, at - 3), at):
                for kind, pattern in _TABLE[head]:
                    match = _compiled(pattern).match(text, at)
                    if match is not None:
                        after = match.end()
                        if not _is_words(match[0]):
                            spans.append((at, after, kind))
                        break
            at = text.find(head, after)
    return sorted(spans)


def late_service_keys(text: str, longest: int) -> Iterator[tuple[int, int, str]]:
    """Yield the same for keys that are told by something in their middle; ``longest`` is the text's longest word."""
    for kind, mark, pattern in LATE_FORMATS:
        if mark in text and (len(mark) > 1 or longest >= _SHORTEST_UNMARKED):
            for match in _compiled(pattern).finditer(text):
                if not (match.start() and text[match.start() - 1].isalnum()):
                    yield (*match.span(), kind)


def _is_words(text: str) -> bool:
    """Return whether a text is small letters and signs only: ``sk-learn-based-pipeline``."""
    return text == text.lower() and not any(char.isdigit() for char in text)
