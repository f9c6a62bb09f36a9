# Whistle in two images. The public machine gets `intake`, in which the console and the organisation root do not
# exist; what is not named by a COPY is in neither.
#
#   docker build --target intake  --tag whistle-intake  .
#   docker build --target console --tag whistle-console .
#
# The intake's volume needs keyring.json and statements/, which are public. The console's holds the reviewer's folder
# and a whistle.toml that names it; its pages are on the machine's own loopback address, so start it with
# --network host, on the reviewer's machine and nowhere else.

FROM debian:bookworm-slim AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
# A fixed number, so that the owner of a volume can be set before the first start.
RUN useradd --uid 10001 --shell /usr/sbin/nologin --home-dir /var/lib/whistle --no-create-home whistle \
    && install --directory --mode=700 --owner=whistle --group=whistle /var/lib/whistle
RUN python3 -m venv /opt/whistle
ENV PATH=/opt/whistle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# No bytecode: the images can run on a read-only root. Output appears as it is written.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /build
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml ./
# What stands beside the rooms belongs to all of them.
COPY whistle/*.py whistle/
COPY whistle/cli/__init__.py whistle/cli/passphrases.py whistle/cli/
COPY whistle/protocol whistle/protocol
COPY whistle/courier whistle/courier

# What the pages run, bundled from its own sources with the tools that its lock file names. Debian's next release has the
# Node that they need; nothing of this stage but its output is in an image. The lists of words are those of Python.
FROM debian:trixie-slim AS code
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build/browser
COPY browser/package.json browser/package-lock.json browser/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY browser/*.mjs browser/tsconfig.json ./
COPY browser/src src
COPY --from=base /opt/whistle/lib/python3.11/site-packages/mnemonic/wordlist /build/words
RUN WHISTLE_WORDLISTS=/build/words WHISTLE_CODE=/build/code npm run --silent build

FROM base AS intake
COPY whistle/source whistle/source
COPY whistle/shelf whistle/shelf
COPY whistle/intake whistle/intake
COPY whistle/templates/intake whistle/templates/intake
COPY whistle/static/intake whistle/static/intake
COPY --from=code /build/code whistle/static/intake/code
COPY whistle/cli/intake.py whistle/cli/
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && rm -rf /build
COPY config/gunicorn.conf.py /etc/whistle/
COPY config/image.toml /etc/whistle/whistle.toml
COPY config/questionnaires /etc/whistle/questionnaires
USER whistle
WORKDIR /var/lib/whistle
VOLUME /var/lib/whistle
EXPOSE 8000
CMD ["gunicorn", "--config", "/etc/whistle/gunicorn.conf.py"]

FROM base AS console
COPY whistle/console whistle/console
COPY whistle/templates/console whistle/templates/console
COPY whistle/static/console whistle/static/console
COPY whistle/cli/console.py whistle/cli/conversation.py whistle/cli/desks.py whistle/cli/vaults.py whistle/cli/
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && rm -rf /build
USER whistle
WORKDIR /var/lib/whistle
VOLUME /var/lib/whistle
EXPOSE 8001
CMD ["whistle", "console", "--config", "/var/lib/whistle/whistle.toml"]
