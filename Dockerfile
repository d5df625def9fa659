# syntax=docker/dockerfile:1
# Images are pinned by their exact tags. For a build that can be repeated to the byte, pin them by
# digest too (docs/deploying.md says how).

# The program. It is the same for all architectures, so that it is built on the builder's own.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build \
  && find dist -name "*.map" -delete \
  && chmod -R a=rX dist \
  && chmod a+x dist/kube-ipvs.js

# Node.js for the architecture of the image.
FROM node:24.21.0-trixie-slim AS node

# What runs on the nodes: no compiler, no npm.
FROM debian:13.6-slim
# iptables has both variants, legacy and nft. iproute2: `ip monitor`. kmod: the component
# load-modules. libstdc++6: Node.js.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends iptables iproute2 kmod libstdc++6 \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/apt /var/log/dpkg.log \
  && iptables-legacy --version && ip6tables-legacy-restore --version \
  && iptables-nft --version && ip6tables-nft-restore --version \
  && ln -s /opt/kube-ipvs/kube-ipvs.js /usr/local/bin/kube-ipvs
COPY --from=node --chown=0:0 /usr/local/bin/node /usr/local/bin/node
COPY --from=build --chown=0:0 /build/dist /opt/kube-ipvs
ENV NODE_ENV=production
# What Node.js compiles of the program is kept for each start: the first list is asked for sooner
# (docs/performance.md). Another Node.js, user or option passes it over, and a root that cannot be
# written to leaves it as it is.
ENV NODE_COMPILE_CACHE=/opt/kube-ipvs/compile-cache
RUN kube-ipvs --version \
  && find /opt/kube-ipvs/packages -name "*.js" -exec node --max-semi-space-size=4 {} ";" \
  && chmod -R a=rX /opt/kube-ipvs/compile-cache
# The kernel gives the capabilities to root; the DaemonSet takes all others away.
USER 0:0
# With the option of the first line of kube-ipvs.js, and without a process that reads that line.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=4", "/opt/kube-ipvs/kube-ipvs.js"]
CMD ["run", "--config=/var/lib/kube-proxy/config.conf"]
