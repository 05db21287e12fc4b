# shellcheck shell=bash
# What the makers of images share. Needs common.sh and root, the project's folder.
# shellcheck disable=SC2034,SC2154 # variables of both sides

# shellcheck source=deploy/lib/package.sh
. "$root/deploy/lib/package.sh"
# shellcheck source=deploy/image/work.sh
. "$root/deploy/image/work.sh"

SOURCE_DATE_EPOCH=$(source_date)
CEPHRBD_VERSION=${CEPHRBD_VERSION:-$(project_version)}
export SOURCE_DATE_EPOCH CEPHRBD_VERSION

default_plugin_dir=/usr/libexec/kubernetes/kubelet-plugins/volume/exec
plugin_dir=$default_plugin_dir
config=$root/deploy/examples/config.json
out=

image_options='  --plugin-dir DIR  kubelet'\''s plugin folder (default
                    /usr/libexec/kubernetes/kubelet-plugins/volume/exec). Another one is
                    told kubelet, too, by KUBELET_EXTRA_ARGS.
  --config FILE     becomes /etc/cephrbd/config.json (default: deploy/examples/config.json)'

# read_options ARCH OUT [OPTION VALUE…]: sets arch, out, plugin_dir, config.
read_options() {
  (($# >= 2)) || {
    usage >&2
    exit 2
  }
  case $1 in
    amd64 | arm64) arch=$1 ;;
    *) die "$1 is no architecture of an image; amd64 and arm64 are known" ;;
  esac
  out=$(realpath -m -- "$2")
  shift 2
  while (($# > 0)); do
    need_value "$1" $#
    case $1 in
      --plugin-dir) plugin_dir=$2 ;;
      --config) config=$2 ;;
      *) die "option $1 is unknown" ;;
    esac
    shift 2
  done
  # It is written into a unit and into a file of the shell.
  [[ $plugin_dir =~ ^/[A-Za-z0-9/._+-]+$ && $plugin_dir != */../* && $plugin_dir != */.. ]] ||
    die "--plugin-dir $plugin_dir is no absolute path of letters, digits and / . _ + -"
  plugin_dir=$(realpath -ms -- "$plugin_dir")
  [[ -f $config ]] || die "there is no $config"
  ((EUID == 0)) || die 'only root can make files that are root'\''s'
}

# The one Debian package of the driver for arch.
find_deb() {
  local -a found
  mapfile -t found < <(find "$root/artifacts/packages" -maxdepth 1 -name "cephrbd_*_$arch.deb" 2>/dev/null)
  ((${#found[@]} == 1)) ||
    die "there are ${#found[@]} packages cephrbd_*_$arch.deb in artifacts/packages, and should be one: run ./build.sh publish package"
  printf '%s\n' "${found[0]}"
}

# pack DIR NAME…: these of the folder as a tar archive that is the same whenever it is made.
pack() {
  local dir=$1
  shift
  tar -C "$dir" --sort=name --numeric-owner --format=posix --xattrs --xattrs-include='*' \
    --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
    --mtime="@$SOURCE_DATE_EPOCH" --clamp-mtime -c "$@"
}
