#!/usr/bin/env bash
# Ceph's packages, of one release, from where the admin says. See --help.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/ceph/lib.sh
. "$here/lib.sh"
# shellcheck source=deploy/ceph/apt.sh
. "$here/apt.sh"

checks=(root tools architecture system clock space lock key installed)

help() {
  t "usage: 0_install_ceph.sh --release jewel --mirror URL --key FILE --fingerprint HEX [options]
       0_install_ceph.sh --release distribution [--source 'deb ...'] [options]

Installs Ceph on this node. The release is always to be named; this node ($(system_name)) suits: $(suited)
  jewel         10.2 from a mirror: below URL lies debian-jewel. FILE is the mirror's signing key,
                which must have the fingerprint HEX; compare that with one from a second source.
                Once the key is in place both may be left out
  distribution  what the node's own sources have, or one line that you give

  --role LIST     mon, osd, client, with commas (default: mon,osd,client); client is always there
  --suite NAME    the mirror's suite (default: that of this system; Kylin 4 is xenial)
  --source LINE   a line for apt, as 'deb [signed-by=FILE] URL SUITE main'
  --only-source   asks no other source, for nodes without the Internet
  --proxy URL     for this run only; @FILE: the URL is in FILE, which only root can read
  --wait SECONDS  for other runs of apt and dpkg to end (default: 120)
  --allow-change  lets another release that is installed go up or down
  --dry-run       tells what would be done, and changes nothing
  --skip NAME     does without one of the checks that come first: ${checks[*]}

Exit status: 0, or 1 after a failure, 2 after wrong arguments. The log: $log_file
" "用法：0_install_ceph.sh --release jewel --mirror URL --key 文件 --fingerprint 指纹 [选项]
      0_install_ceph.sh --release distribution [--source 'deb ...'] [选项]

在本节点安装 Ceph。必须明确指定版本；本节点（$(system_name)）适合：$(suited)
  jewel         从镜像站安装 10.2：URL 之下应有 debian-jewel 目录。「文件」是该镜像的签名公钥，
                其指纹必须与「指纹」一致；请从另一渠道核对指纹。公钥就位后，两者可省略
  distribution  使用本节点自带的软件源，或由您给出的一行软件源

  --role 列表     mon、osd、client，以逗号分隔（默认 mon,osd,client）；client 总会安装
  --suite 名称    镜像中的发行代号（默认与本系统一致；Kylin 4 对应 xenial）
  --source 行     一行 apt 软件源，如 'deb [signed-by=文件] URL 代号 main'
  --only-source   只使用该软件源，适用于离线节点
  --proxy URL     仅本次运行使用的代理；@文件：从仅 root 可读的文件中读取 URL
  --wait 秒数     等待其他 apt、dpkg 进程结束的时间（默认 120）
  --allow-change  允许对已安装的其他版本升级或降级
  --dry-run       只显示将要执行的操作，不做任何修改
  --skip 名称     忽略某项前置检查：${checks[*]}

退出码：0 成功，1 失败，2 参数错误。日志：$log_file
"
}

check_tools() {
  local tool missing=''
  for tool in apt-get apt-cache dpkg dpkg-query flock; do
    command -v "$tool" >/dev/null || missing+=" $tool"
  done
  [[ -z $missing ]] || t "not installed:$missing. This script needs a system with apt" "未安装：$missing。本脚本需要使用 apt 的系统"
  [[ -z $key ]] || command -v gpg >/dev/null || t ' not installed: gpg. apt-get install gnupg' ' 未安装：gpg。请执行 apt-get install gnupg'
}

check_architecture() {
  local found
  found=$(dpkg --print-architecture 2>/dev/null) || found='?'
  [[ $found == amd64 || $found == arm64 ]] ||
    t "this node is $found; amd64 and arm64 are supported" "本节点架构为 $found；仅支持 amd64 和 arm64"
}

check_system() {
  [[ $release != jewel || -n $suite ]] ||
    t "Jewel was built for xenial (Kylin 4), trusty and jessie; this is $(system_name): choose --release distribution, or name a --suite" \
      "Jewel 仅为 xenial（Kylin 4）、trusty、jessie 构建；本系统是 $(system_name)：请使用 --release distribution，或指定 --suite"
}

# Signatures and the cluster's tickets go by the clock.
check_clock() {
  (($(date +%s) >= 1790000000)) ||
    t "the clock says $(date -u +%Y-%m-%d), which is past: set it (date -s, ntpdate, timedatectl)" \
      "系统时间为 $(date -u +%Y-%m-%d)，已经过时：请校准（date -s、ntpdate、timedatectl）"
}

check_space() {
  local place need free
  while read -r place need; do
    [[ -d $place ]] || continue
    free=$(df -Pk "$place" | awk 'NR == 2 { print int($4 / 1024) }')
    ((free >= need)) || {
      t "$free MiB are free on the file system of $place; $need are needed (df $place)" "$place 所在文件系统只剩 $free MiB；至少需要 $need MiB（df $place）"
      echo
    }
  done <<<$'/usr 1024\n/var/cache/apt 512'
}

check_lock() {
  [[ -n $dry ]] || wait_for "$patience" no_lock ||
    t "process $(lock_holder) has been holding a lock of dpkg or apt for $patience s: wait for it (ps -p $(lock_holder)), then run this again" \
      "进程 $(lock_holder) 占用 dpkg/apt 锁已超过 $patience 秒：请等待其结束（ps -p $(lock_holder)）后重试"
}

check_key() {
  local ids
  [[ $release == jewel ]] || return 0
  if [[ -z $key ]]; then
    [[ -s $trusted ]] ||
      t "Jewel's packages need the mirror's signing key: --key FILE --fingerprint HEX" "安装 Jewel 需要镜像的签名公钥：--key 文件 --fingerprint 指纹"
    return
  fi
  if [[ ! -r $key ]]; then
    t "the key file $key cannot be read" "无法读取公钥文件 $key"
    return
  fi
  private=$(mktemp -d /tmp/cephrbd-key.XXXXXX)
  mkdir "$private/gpg"
  ids=$(key_id "$key") || true
  rm -rf "$private"
  if [[ -z $ids || $ids == *$'\n'* ]]; then
    t "$key holds no single public key" "$key 中应当有且只有一个公钥"
  elif [[ -z $fingerprint ]]; then
    t "the key in $key has the fingerprint $ids: compare it with one from a second source, then give --fingerprint $ids" \
      "$key 中公钥的指纹是 $ids：请从另一渠道核对，确认后加上 --fingerprint $ids"
  elif [[ $ids != "$fingerprint" ]]; then
    t "the key in $key has the fingerprint $ids, not $fingerprint: it is not the one you trust" \
      "$key 中公钥的指纹是 $ids，而不是 $fingerprint：它不是您信任的公钥"
  fi
}

# Another release: its daemons' stores are changed for good by an upgrade, and by none readable
# after a downgrade.
check_installed() {
  local package there
  [[ -z $allow_change ]] || return 0
  if [[ $release == distribution ]]; then
    [[ ! -f $pin ]] ||
      t "Jewel from a mirror was chosen on this node ($pin): --release jewel, or --allow-change to leave it" \
        "本节点此前选择了镜像站的 Jewel（$pin）：请使用 --release jewel；若要改换，请加 --allow-change"
    return
  fi
  for package in ceph-common ceph-mon ceph-osd librados2; do
    there=$(version_of "$package")
    [[ -z $there || $there == 10.2.* ]] || {
      t "$package $there is installed, which is not Jewel: take --release distribution, or --allow-change" \
        "已安装 $package $there，不是 Jewel：请使用 --release distribution，或 --allow-change"
      return
    }
  done
}

install_all() {
  local wanted=("$@")
  apt_settings
  say 'asking the sources' '正在更新软件源信息'
  limit=900 run apt-get -q update ||
    die 'the sources could not be read: put right what apt-get says (/etc/apt/sources.list*), or give --source and --only-source, or --proxy' \
      '无法读取软件源：请按 apt-get 的提示修正（/etc/apt/sources.list*），或使用 --source 和 --only-source，或 --proxy'
  # Since Luminous; Jewel has none.
  if [[ ,$roles, == *,mon,* && $release != jewel && -n $(candidate_of ceph-mgr) ]]; then
    wanted+=(ceph-mgr)
  fi
  right_candidates "${wanted[@]}"
  installing=yes
  say "installing ${wanted[*]}" "正在安装 ${wanted[*]}"
  limit=3600 run apt-get -q -y --no-install-recommends ${allow_change:+--allow-downgrades} -o Dpkg::Options::=--force-confold install "${wanted[@]}" ||
    die 'the packages could not be installed; run this again once that is put right. After a kill: dpkg --configure -a' \
      '软件包安装失败；排除问题后请重新运行。若中途被杀死：dpkg --configure -a'
}

# proof: as the guide looks at it, and the program's own word.
proof() {
  local said
  dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version} ${Architecture}\n' 2>/dev/null | grep -Ei 'ceph|rbd|rados' | grep '^ii' || true
  said=$(timeout 30 ceph --version 2>&1) || die "ceph --version failed: $said" "ceph --version 失败：$said"
  say "$said" "$said"
  [[ $release != jewel || $said == 'ceph version 10.2.'* ]] ||
    die 'that is not Jewel: another ceph stands before it (type -a ceph)' '这不是 Jewel：PATH 中有另一个 ceph（type -a ceph）'
  [[ $release == jewel || $said == "ceph version $(version_of ceph-common | cut -d. -f1)."* ]] ||
    die "that is not the release of ceph-common $(version_of ceph-common): another ceph stands before it (type -a ceph)" \
      "与 ceph-common $(version_of ceph-common) 的版本不符：PATH 中有另一个 ceph（type -a ceph）"
}

release='' roles=mon,osd,client mirror='' key='' fingerprint='' suite='' source_line='' only_source='' proxy='' allow_change='' patience=120
while (($# > 0)); do
  case $1 in
    --only-source) only_source=yes ;;
    --allow-change) allow_change=yes ;;
    --dry-run) dry=yes ;;
    --release | --role | --mirror | --key | --fingerprint | --suite | --source | --proxy | --wait | --skip)
      need_value "$1" $#
      case $1 in
        --release) release=$2 ;;
        --role) roles=$2 ;;
        --mirror) mirror=$2 ;;
        --key) key=$2 ;;
        --fingerprint) fingerprint=${2//[[:space:]:]/} ;;
        --suite) suite=$2 ;;
        --source) source_line=$2 ;;
        --proxy) proxy=$2 ;;
        --wait) patience=$2 ;;
        --skip) skip "$2" "${checks[@]}" ;;
      esac
      shift
      ;;
    -h | --help)
      help
      exit 0
      ;;
    *) misused "$1 is unknown" "未知参数 $1" ;;
  esac
  shift
done
fingerprint=${fingerprint^^}
[[ $patience =~ ^[0-9]{1,5}$ ]] || misused "--wait $patience: a number of seconds" "--wait $patience：应为秒数"
case $release in
  jewel)
    [[ -z $source_line ]] || misused '--source is for --release distribution; Jewel takes --mirror' '--source 用于 --release distribution；Jewel 请用 --mirror'
    [[ -n $mirror ]] || misused '--release jewel needs --mirror: the URL below which debian-jewel lies' '--release jewel 需要 --mirror：其下有 debian-jewel 目录的 URL'
    [[ $mirror =~ ^(https?|file|copy):/[^[:space:]@]+$ ]] ||
      misused '--mirror: http://, https:// or file:/ and a path, without a password (that belongs in /etc/apt/auth.conf)' \
        '--mirror：应为 http://、https:// 或 file:/ 加路径，不含密码（密码应写在 /etc/apt/auth.conf）'
    [[ -z $fingerprint || $fingerprint =~ ^[0-9A-F]{40}$ ]] || misused '--fingerprint: 40 hexadecimal digits' '--fingerprint：应为 40 位十六进制数'
    [[ -n $suite || $(suited) != jewel ]] || suite=$(codename)
    [[ -z $suite || $suite =~ ^[a-z][a-z0-9-]*$ ]] || misused "--suite $suite: a name like xenial" "--suite $suite：应为 xenial 之类的代号"
    ;;
  distribution)
    [[ -z $mirror$key$fingerprint$suite ]] ||
      misused '--mirror, --key, --fingerprint and --suite are for --release jewel' '--mirror、--key、--fingerprint、--suite 仅用于 --release jewel'
    [[ -z $source_line || $source_line =~ ^deb\ (\[[^]@]*\]\ )?[a-z+-]+:/[^[:space:]@]+\ [^@]+$ ]] ||
      misused "--source: one line as 'deb URL SUITE main', without a password" "--source：应为一行，如 'deb URL 代号 main'，不含密码"
    [[ -z $only_source || -n $source_line || -f $list ]] || misused '--only-source needs --source' '--only-source 需要同时给出 --source'
    ;;
  *)
    misused "--release is needed: jewel or distribution; this node ($(system_name)) suits: $(suited)" \
      "必须指定 --release：jewel 或 distribution；本节点（$(system_name)）适合：$(suited)"
    ;;
esac
packages=(ceph-common librados2 librbd1)
IFS=, read -r -a parts <<<"$roles"
for part in ${parts[@]+"${parts[@]}"}; do
  case $part in
    mon | osd) packages+=("ceph-$part") ;;
    client) ;;
    *) misused "--role $part: mon, osd and client are known" "--role $part：只支持 mon、osd、client" ;;
  esac
done
[[ -z $proxy ]] || given_proxy

begin --release "$release" --role "$roles" ${mirror:+--mirror "$mirror"} ${only_source:+--only-source}
preflight "${checks[@]}"
mapfile -t missing < <(missing_ones "${packages[@]}")
if [[ -n $dry ]]; then
  [[ $release != jewel ]] || for file in "$trusted" "$list" "$pin"; do
    [[ -f $file ]] || printf '%s %s\n' "$(t 'would write:' '将写入：')" "$file"
  done
  [[ -z $source_line ]] || put_file 0644 root:root "$list" <<<"$source_line"
  if ((${#missing[@]} > 0)) || [[ -n $allow_change ]]; then
    would apt-get update
    would apt-get install "${packages[@]}"
  fi
else
  put_source
  if ((${#missing[@]} > 0)) || [[ -n $allow_change ]]; then
    install_all "${packages[@]}"
  fi
  installing=yes
  proof
fi
done_now "Ceph $(version_of ceph-common) is installed" "已安装 Ceph $(version_of ceph-common)"
