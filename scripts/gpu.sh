# Sourced by ./llava and by bin/llava of what is handed out, where a GPU may be asked for (ADR 41).
# For sh. The caller has a function gpu_start that runs llava4j.cli.gpu.GpuStart with its arguments.

# Sets gpu_device to what --device or LLAVA_DEVICE says, or to cpu where the command has no device.
read_gpu_device() {
  gpu_device=cpu
  case ${1:-} in
    ask | chat | info | eval | serve | bench | doctor) gpu_device=${LLAVA_DEVICE:-cpu} ;;
    train | experiment)
      gpu_device=${LLAVA_DEVICE:-}
      # their default is auto; without a driver there is nothing to say about that
      [ -n "$gpu_device" ] || [ ! -e /proc/driver/nvidia/version ] || gpu_device=auto
      ;;
    *) return 0 ;;
  esac
  gpu_word=
  for gpu_next; do
    if [ "$gpu_word" = --device ]; then
      gpu_device=$gpu_next
    fi
    gpu_word=$gpu_next
    case $gpu_next in
      --device=*) gpu_device=${gpu_next#--device=} ;;
      -h | --help | -V | --version | --on | --on=* | --plan)
        gpu_device=cpu
        return 0
        ;;
      --) return 0 ;;
    esac
  done
}

# Sets gpu_libraries to the folders from which Java must load its libraries, or to nothing for the
# processor. Downloads them where that is asked for; ends the script with 2 where there can be no GPU.
find_gpu() {
  gpu_libraries=
  read_gpu_device "$@"
  case $gpu_device in
    auto | cuda | cuda:*) ;;
    *) return 0 ;; # what is no device is refused by llava
  esac
  gpu_file=$(mktemp) || exit 2
  gpu_code=0
  gpu_start "$gpu_device" "$gpu_file" >&2 || gpu_code=$?
  gpu_libraries=$(cat "$gpu_file")
  rm -f "$gpu_file"
  [ "$gpu_code" -eq 0 ] || exit "$gpu_code"
  [ -z "$gpu_libraries" ] || export LD_LIBRARY_PATH="$gpu_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
}
