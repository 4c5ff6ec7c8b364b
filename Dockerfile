# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate; docker-compose.yml says which command each runs.

FROM python:3.12-slim AS packages
ARG INDEX_URL
COPY requirements.txt /tmp/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
    ${INDEX_URL:+--index-url "$INDEX_URL"} -r /tmp/requirements.txt

FROM python:3.12-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /srv/ipdash --shell /usr/sbin/nologin ipdash \
 && install --directory --owner ipdash --group ipdash /srv/var /srv/var/media
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=ipdash.settings IPDASH_MODE=production VAR_DIR=/srv/var
WORKDIR /srv/ipdash
COPY manage.py pyproject.toml ./
COPY ipdash ipdash
COPY regions regions
COPY indicators indicators
COPY templates templates
COPY static static
COPY fixtures fixtures
USER ipdash
# Static files belong to the image, so a new image never serves the old ones. The values only let the settings load here.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(48))') ALLOWED_HOSTS=localhost \
    DATABASE_URL=postgresql://nobody@localhost/none REDIS_URL=redis://localhost/0 \
    python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "ipdash.serve", "--is-ready"]
CMD ["gunicorn", "ipdash.wsgi", "--config", "ipdash/gunicorn.py", "--bind", "0.0.0.0:8000"]
