# One process that keeps its orders in a volume:
#   docker build -t ordermill .
#   docker run -p 127.0.0.1:8000:8000 -v orders:/data -e ALLOW_OPEN=true --stop-timeout 30 ordermill
# Before others reach its port, make a key: docker run --rm -v orders:/data ordermill \
#   node dist/src/keys/command/main.js create --scope orders:write --scope orders:read
# Several processes over one database: compose.yaml.

# Compiles; nothing of this stage but dist/ is kept.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY src ./src
# not `npm run build`, which would install Node 24 once more
RUN node_modules/.bin/nest build

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATABASE_URL=sqlite:/data/orders.sqlite
WORKDIR /app
COPY package.json package-lock.json ./
# No compiler and no install script is needed: better-sqlite3 brings its binaries with it.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY --from=build /app/dist ./dist
# What the server writes: its orders, and its compiled code, which makes a restart of the same container faster.
RUN install -d -o node -g node /data dist/.compile-cache
USER node
EXPOSE 8000
# slim has no curl
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The command of `npm start`, without npm or a shell between SIGTERM and the server.
CMD ["node", "--min-semi-space-size=32", "--max-semi-space-size=32", "--no-allocation-site-pretenuring", "--max-old-space-size=512", "dist/src/main.js"]
