# One image for web, worker and beat; the compose file says which of them it becomes.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 \
    PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/muster

# pg_dump and pg_restore, of the version of the database in the compose file: backups, also the one before an upgrade.
RUN apt-get update -q && apt-get install -q -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

# The CPU build of torch: pass the index that pytorch.org names for "pip, CPU" where the default one would bring CUDA.
ARG TORCH_INDEX=""
COPY requirements.txt requirements-inference.txt ./
RUN pip install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt \
    && pip install --no-deps -r requirements-inference.txt

COPY manage.py ./
COPY config ./config
COPY verifier ./verifier
COPY timekeeping ./timekeeping
COPY attendance ./attendance
COPY templates ./templates
COPY static ./static

RUN useradd --system --uid 1000 --create-home muster \
    && install -d -o muster -g muster -m 700 /var/lib/muster \
    && python -m verifier prepare --to /srv/muster/models \
    && chown -R muster:muster /srv/muster/models/compiled
ENV MUSTER_VAR=/var/lib/muster MUSTER_MODELS_DIR=/srv/muster/models MUSTER_BIND=0.0.0.0 MUSTER_PORT=8000
USER muster
VOLUME /var/lib/muster
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "-c", "python:config.gunicorn"]
